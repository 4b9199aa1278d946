"""Odoo's and PostgreSQL's programs, as a test calls them."""

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TIMEOUT_SECONDS = 600
NOT_OURS = ("selfie_segmentation", "Running as user 'root'")


def start(*words, platform=None, **options):
    """Start script/odoo, with the facts of a platform or with none; return the process."""
    environment = {key: value for key, value in os.environ.items() if key != "IPAI_PLATFORM"}
    if platform:
        environment["IPAI_PLATFORM"] = str(platform)
    command = [ROOT / "script" / "odoo", *words]
    return subprocess.Popen(command, env=environment, text=True, errors="replace", **options)


def odoo(*words, stdin="", platform=None):
    """Run script/odoo and return what it said; fail where it fails or says a warning of ours."""
    pipe = subprocess.PIPE
    process = start(*words, platform=platform, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT)
    try:
        said, _nothing = process.communicate(stdin, timeout=TIMEOUT_SECONDS)
    finally:
        process.kill()
    assert process.returncode == 0, said[-6000:]
    complaints = re.findall(r"^.* (?:WARNING|ERROR|CRITICAL) .*$", said, re.MULTILINE)
    assert not [line for line in complaints if not any(known in line for known in NOT_OURS)]
    return said


def postgres(program, *words):
    socket = Path(os.environ["IPAI_STATE"]) / "postgres"
    command = [program, "-h", str(socket), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout
