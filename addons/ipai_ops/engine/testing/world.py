"""The scenery: a platform, a clock that moves when told, sudden death, and an order to work on."""

from datetime import datetime, timedelta, timezone

from ..platform import Platform

START = datetime(2026, 1, 31, 10, 0, tzinfo=timezone.utc)
PLATFORM = Platform(
    instance="ipai",
    images={
        "tools": "registry/tools@sha256:1",
        "odoo": "registry/odoo@sha256:2",
        "postgres": "registry/postgres@sha256:3",
    },
    imports_folder="/imports",
    imports_source="ipai-imports",
    registry={"address": "registry", "internal": "registry:5000"},
    secrets={"registry": "ipai-registry-auth"},
    toolbox_digest="0",
)


class Killed(BaseException):
    """The control plane's process is gone, at this very line."""


class FakeClock:
    """A clock that moves only when told."""

    def __init__(self, start: datetime = START):
        self._now = start

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


class Killer:
    """Kills at the n-th border crossing from now, before it (even n) or after it (odd n)."""

    def __init__(self) -> None:
        self.countdown: int | None = None

    def crossing(self) -> None:
        if self.countdown is None:
            return
        self.countdown -= 1
        if self.countdown < 0:
            self.countdown = None
            raise Killed


def deploy_spec(**changes: object) -> dict:
    """Return a small, valid spec of a deploy."""
    environment = {
        "id": 7,
        "slug": "main",
        "name": "main",
        "stage": "production",
        "host": "acme-main",
        "database": None,
        "memory_mb": 1024,
        "cpus": 1.0,
        "demo": False,
        "run_tests": False,
        "is_serving": True,
    }
    server = {"name": "production", "host": "pg", "port": 5432, "admin_secret": "pg-password"}
    return {
        "project": {"id": 1, "code": "acme", "repository_url": "git://x/acme.git"},
        "environment": environment,
        "server": server,
        "ref": "refs/heads/main",
        "commit": "3f2c1a",
        "base_url": "http://acme-main.localhost",
        **changes,
    }


def data_spec(kind: str, **changes: object) -> dict:
    """Return a small, valid spec of a run that moves data."""
    spec = deploy_spec()
    spec["environment"] |= {"database": "acme_main_7", "has_data": True}
    spec["redeploy"] = None if kind == "deploy" else {"image": "registry/acme@sha256:9"}
    return {
        **spec,
        "backup": {"id": 3, "snapshot": "5a3b9c01", "taken_at": "2026-01-31 02:00:00"},
        "repository": {
            "id": 1,
            "facts": {"kind": "local", "path": "/ipai/backups/acme"},
            "secret_files": ["restic-password"],
        },
        "snapshots": ["5a3b9c01"],
        "export": "acme-main.zip",
        "masking": {"policy": {}, "languages": []},
        "makes_snapshot": True,
        **changes,
    }
