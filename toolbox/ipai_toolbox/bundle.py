"""Packs the toolbox into one file that Python runs: the same sources give the same bytes."""

import io
import zipfile
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
EPOCH = (1980, 1, 1, 0, 0, 0)
ENTRY = "import sys\nfrom ipai_toolbox.cli import main\nsys.exit(main(sys.argv[1:]))\n"


def bundle(package: Path = PACKAGE) -> bytes:
    """The zipapp's bytes, to be mounted as /ipai/toolbox.pyz."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        _add(archive, "__main__.py", ENTRY.encode())
        for path in sorted(package.rglob("*.py")):
            _add(archive, f"ipai_toolbox/{path.relative_to(package).as_posix()}", path.read_bytes())
    return target.getvalue()


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.external_attr = 0o644 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)
