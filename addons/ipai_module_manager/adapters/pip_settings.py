"""Asks the machine's own pip which index it uses."""

import os
import subprocess
import sys

TIMEOUT_SECONDS = 15


def index_url():
    """Return the index's address from PIP_INDEX_URL or pip's configuration; empty when none is set."""
    given = os.environ.get("PIP_INDEX_URL", "").strip()
    return given or _configured()


def certificates():
    """Return what to check the index's certificate with: the machine's bundle, or requests' own."""
    return os.environ.get("PIP_CERT") or os.environ.get("REQUESTS_CA_BUNDLE") or True


def _configured():
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    try:
        answer = subprocess.run(
            command, capture_output=True, timeout=TIMEOUT_SECONDS, text=True, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""
