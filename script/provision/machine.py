"""What the machine must bring: rights, room and Debian packages."""

import os
import re
import shutil
from pathlib import Path

from .trouble import Trouble

PACKAGES = {
    "docker.io": "dockerd",
    "iptables": "iptables",
    "iproute2": "ip",
    "git": "git",
    "mmdebstrap": "mmdebstrap",
    "postgresql": "pg_lsclusters",
    "ca-certificates": "update-ca-certificates",
    "python3-venv": None,
    "debian-archive-keyring": None,
    "libnss-myhostname": None,  # so that programs resolve *.localhost, as browsers do
}
TEST_PACKAGES = {
    "chromium": "chromium",
    "fonts-roboto-unhinted": None,  # the web client's first choice: pictures look alike everywhere
    "nodejs": "node",
    "npm": "npm",
    "nftables": "nft",
}
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
GIBIBYTE = 1 << 30


def require_root():
    """Stops with one sentence where the rights are missing."""
    if os.geteuid() != 0:
        raise Trouble(
            "script/server installs packages and starts services, so it needs root: run “sudo script/server”."
        )


def require_room(folder, gibibytes):
    """Stops when the file system of `folder` has less than `gibibytes` left."""
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < gibibytes * GIBIBYTE:
        raise Trouble(
            f"Only {free / GIBIBYTE:.1f} GiB are free under {folder}, {gibibytes} GiB are needed: "
            "make room, or set IPAI_CACHE and IPAI_STATE to a larger disk."
        )


def ensure_packages(commands, wanted=None):
    """Debian packages that are missing get installed; says which."""
    wanted = PACKAGES if wanted is None else wanted
    missing = [name for name, program in wanted.items() if not _is_there(name, program)]
    if not missing:
        return "already there"
    if not shutil.which("apt-get"):
        raise Trouble(
            f"This machine has no apt-get: install {', '.join(missing)} yourself, then run script/server again."
        )
    install_packages(commands, missing)
    return "installed " + ", ".join(missing)


def install_packages(commands, names):
    """Install Debian packages without their recommendations, asking nothing."""
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    commands.run(
        ["apt-get", "update"],
        timeout=300,
        why="The package lists could not be refreshed",
        environ=quiet,
    )
    commands.run(
        ["apt-get", "install", "--yes", "--no-install-recommends", *names],
        timeout=1200,
        why="Debian packages could not be installed",
        environ=quiet,
    )


def _is_there(name, program):
    if program:
        return bool(shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"))
    if name == "debian-archive-keyring":
        return KEYRING.exists()
    return (
        Path("/usr/share/doc", name).exists() or Path("/var/lib/dpkg/info", f"{name}.list").exists()
    )


def debian_mirror(commands, override=""):
    """The Debian mirror this machine itself uses, without a trailing slash."""
    if override:
        return override.rstrip("/")
    sites = commands.run(
        ["apt-get", "indextargets", "--format", "$(SITE) $(ORIGIN)"],
        why="apt could not be asked for its mirror",
    )
    for line in sites.splitlines():
        site, _, origin = line.partition(" ")
        if origin == "Debian" and not re.search(r"security|backports", site):
            return site.rstrip("/")
    raise Trouble(
        "apt on this machine names no Debian mirror: set IPAI_MIRROR to the address of one."
    )
