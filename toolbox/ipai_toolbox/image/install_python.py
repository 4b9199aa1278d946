"""Installs requirement files so that Odoo always stays the one of the image.

OCA wheels depend on `odoo==19.0.*`. pip is told that exactly this Odoo is installed and needs
nothing else, by a distribution record in a temporary folder that only pip sees; a constraint
keeps every other Odoo away. Runs while an image is built.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

BUNDLE = Path("/run/secrets/ca-bundle")
VERSION = "import odoo.release as r; print('.'.join(str(n) for n in r.version_info[:2]))"


def main(folder: Path) -> int:
    files = (folder / "order.txt").read_text(encoding="utf-8").splitlines()
    with tempfile.TemporaryDirectory() as name:
        records = Path(name)
        version = odoo_version()
        constraint = record_odoo(records, version)
        options = [option for file in files for option in ("--requirement", file)]
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--no-input",
            "--progress-bar",
            "off",
            "--prefer-binary",
            "--constraint",
            str(constraint),
            *options,
        ]
        done = subprocess.run(
            command, cwd=folder, env=pip_environment(records), check=False, timeout=3600
        )
        return done.returncode


def odoo_version() -> str:
    """The series of the Odoo in this image, such as 19.0."""
    done = subprocess.run(
        [sys.executable, "-c", VERSION], capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout.strip()


def record_odoo(folder: Path, version: str) -> Path:
    """Tell pip that this Odoo is there; gives the constraint file."""
    info = folder / f"odoo-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: odoo\nVersion: {version}\n")
    (info / "INSTALLER").write_text("ipai\n")
    constraint = folder / "constraints.txt"
    constraint.write_text(f"odoo=={version}\n")
    return constraint


def pip_environment(records: Path) -> dict[str, str]:
    trusted = {"PIP_CERT": str(BUNDLE), "SSL_CERT_FILE": str(BUNDLE)} if BUNDLE.is_file() else {}
    return {
        **os.environ,
        **trusted,
        "PYTHONPATH": str(records),
        "PIP_BREAK_SYSTEM_PACKAGES": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "GIT_SSL_CAINFO": str(BUNDLE) if BUNDLE.is_file() else os.environ.get("GIT_SSL_CAINFO", ""),
    }


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent))
