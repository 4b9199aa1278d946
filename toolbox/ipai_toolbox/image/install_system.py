"""Installs the Debian packages that a repository's apt.txt asks for. Runs while an image is built."""

import os
import subprocess
import sys
from pathlib import Path

BUNDLE = Path("/run/secrets/ca-bundle")


def main(folder: Path) -> int:
    packages = (folder / "packages.txt").read_text(encoding="utf-8").split()
    options = ["-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=120"]
    if BUNDLE.is_file():
        options += ["-o", f"Acquire::https::CaInfo={BUNDLE}"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    commands = (
        ["apt-get", *options, "update"],
        ["apt-get", *options, "install", "--yes", "--no-install-recommends", *packages],
        ["apt-get", "clean"],
    )
    for command in commands:
        status = subprocess.run(command, env=environment, check=False, timeout=1800).returncode
        if status:
            return status
    for path in Path("/var/lib/apt/lists").glob("*_*"):
        path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent))
