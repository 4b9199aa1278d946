"""The virtual environment, keyed by its lock: another lock is another folder, so no upgrade breaks a running Odoo."""

import shutil
import sys
from pathlib import Path

from .odoo_source import fingerprint
from .trouble import Trouble

OLDEST, NEWEST = (3, 11), (3, 13)


def environment_folder(settings):
    return settings.cache / f"venv-{fingerprint(settings.checkout / 'requirements.lock')}"


def python(settings):
    """The Python that runs Odoo and the tests."""
    return environment_folder(settings) / "bin/python"


def ensure_environment(commands, settings):
    """A virtual environment with exactly what requirements.lock says."""
    return _ensure_installed(commands, settings, "requirements.lock")


def ensure_test_tools(commands, settings):
    """What the tests need, in the same environment."""
    return _ensure_installed(commands, settings, "requirements-test.lock")


def _ensure_installed(commands, settings, lock_name):
    lock = settings.checkout / lock_name
    marker = environment_folder(settings) / f".{lock_name}-{fingerprint(lock)}"
    if marker.exists() and python(settings).exists():
        return "already there"
    uv = _ensure_uv(commands, settings)
    if not python(settings).exists():
        commands.run(
            [
                uv,
                "venv",
                "--quiet",
                "--python",
                _interpreter(commands),
                environment_folder(settings),
            ],
            why="The virtual environment could not be made",
        )
    commands.run(
        [
            uv,
            "pip",
            "install",
            "--quiet",
            "--python",
            python(settings),
            "--require-hashes",
            "--requirement",
            lock,
        ],
        timeout=900,
        why=f"{lock_name} could not be installed",
        environ=_index(commands, settings),
    )
    marker.touch()
    return "installed"


def _interpreter(commands):
    for name in ("/usr/bin/python3", *(f"python3.{minor}" for minor in (12, 13, 11)), "python3"):
        found = shutil.which(name)
        if found and OLDEST <= _version(commands, found) <= NEWEST:
            return found
    raise Trouble(
        f"Odoo 19 needs Python 3.11, 3.12 or 3.13, this machine has {sys.version.split()[0]}: "
        "install one of them, then run script/server again."
    )


def _version(commands, interpreter):
    text = commands.run(
        [interpreter, "-c", "import sys; print(sys.version_info[0], sys.version_info[1])"]
    )
    return tuple(int(number) for number in text.split())


def _ensure_uv(commands, settings):
    """The pinned uv, installed by pip into a folder of its own."""
    lock = settings.checkout / "requirements-uv.lock"
    folder = settings.cache / f"uv-{fingerprint(lock)}"
    if (folder / "bin/uv").exists():
        return folder / "bin/uv"
    commands.run(
        [sys.executable, "-m", "venv", folder],
        timeout=120,
        why="A virtual environment for uv could not be made",
    )
    commands.run(
        [folder / "bin/pip", "install", "--quiet", "--require-hashes", "--requirement", lock],
        timeout=300,
        why="uv could not be installed",
    )
    return folder / "bin/uv"


def _index(commands, settings):
    """uv reads none of pip's settings: hand it the index that pip uses, and a cache of ours."""
    pip = Path(_ensure_uv(commands, settings)).with_name("pip")
    asked = commands.attempt([pip, "config", "get", "global.index-url"], timeout=30)
    index = (
        {"UV_DEFAULT_INDEX": asked.stdout.strip()}
        if asked.returncode == 0 and asked.stdout.strip()
        else {}
    )
    return {"UV_CACHE_DIR": str(settings.cache / "uv-cache"), "UV_SYSTEM_CERTS": "true", **index}
