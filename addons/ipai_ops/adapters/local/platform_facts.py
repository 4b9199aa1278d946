"""Reads what the set-up says it made: ``platform.json``, a few secrets, and the toolbox."""

import hashlib
import io
import json
import os
import zipfile
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from ...engine.platform import Platform

ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def platform() -> Platform:
    """Return the installation's facts; usable defaults where no set-up has run yet."""
    path = os.environ.get("IPAI_PLATFORM")
    if not path or not Path(path).is_file():
        return Platform()
    return _read(path, os.stat(path).st_mtime_ns)


def edge_token() -> str:
    """Return the token the edge shows when it pulls its configuration, or an empty string."""
    return _secret(platform().edge_token_file)


def gate_token() -> str:
    """Return the token of the mail catcher and the egress proxy, or an empty string."""
    return _secret(platform().gate_token_file)


def registry_password() -> str:
    """Return the registry's password, or an empty string where no registry is set up."""
    return _secret(platform().registry.get("password_file"))


@lru_cache(maxsize=2)
def toolbox_zip(folder: str) -> bytes:
    """Return the toolbox as the bytes of a zip application; the same sources give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in _toolbox_files(Path(folder, "ipai_toolbox")):
            name = path.relative_to(folder).as_posix()
            archive.writestr(zipfile.ZipInfo(name, ZIP_EPOCH), path.read_bytes())
        start = "import sys\n\nfrom ipai_toolbox.cli import main\n\nsys.exit(main(sys.argv[1:]))\n"
        archive.writestr(zipfile.ZipInfo("__main__.py", ZIP_EPOCH), start)
    return buffer.getvalue()


def _toolbox_files(package: Path) -> list[Path]:
    """Return the programs and data of the toolbox in one order, without what Python leaves behind."""
    files = (path for path in package.rglob("*") if path.is_file())
    return sorted(path for path in files if "__pycache__" not in path.parts)


@lru_cache(maxsize=4)
def _read(path: str, _modified_ns: int) -> Platform:
    facts = Platform.from_dict(json.loads(Path(path).read_text(encoding="utf-8")))
    if not facts.toolbox:
        return facts
    digest = hashlib.sha256(toolbox_zip(facts.toolbox)).hexdigest()
    return replace(facts, toolbox_digest=digest[:12])


def _secret(path: str | None) -> str:
    return Path(path).read_text(encoding="utf-8").strip() if path else ""
