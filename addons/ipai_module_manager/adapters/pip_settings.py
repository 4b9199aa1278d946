"""Asks the machine's own pip which index it uses."""

import os
import re
import shutil
import subprocess
import sys

TIMEOUT_SECONDS = 15
DEFAULT = re.compile(r"--index-url.*?\(default\s+(\S+?)\)", re.DOTALL)


def index_url():
    """Return the index's address: PIP_INDEX_URL, pip's configuration, or what pip asks by itself.

    Empty where this machine has no pip.
    """
    given = os.environ.get("PIP_INDEX_URL", "").strip()
    return given or next(filter(None, map(_asked, _pips())), "")


def certificates():
    """Return what to check the index's certificate with: the machine's bundle, or requests' own."""
    given = os.environ.get("PIP_CERT") or os.environ.get("REQUESTS_CA_BUNDLE")
    return given or next(filter(None, map(_bundle, _pips())), True)


def _pips():
    """Yield the commands that may be pip: this Python's own, then the machine's."""
    yield [sys.executable, "-m", "pip"]
    for name in ("pip3", "pip"):
        if found := shutil.which(name):
            yield [found]


def _bundle(pip):
    return _said([*pip, "config", "get", "global.cert"]).strip()


def _asked(pip):
    configured = _said([*pip, "config", "get", "global.index-url"]).strip()
    return configured or _default(_said([*pip, "install", "--help"]))


def _default(told):
    """Return the address in pip's own help text, which a narrow terminal breaks over lines."""
    found = DEFAULT.search(told)
    return found[1] if found else ""


def _said(command):
    try:
        answer = subprocess.run(
            command, capture_output=True, timeout=TIMEOUT_SECONDS, text=True, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout if answer.returncode == 0 else ""
