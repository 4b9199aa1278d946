"""Where a job finds its files; tests and unusual images name other folders by environment."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Places:
    """Folders and files that the runtime mounts into a job."""

    spool: Path
    secrets: Path
    mirrors: Path
    ca_bundle: Path
    odoo_addons: Path

    @property
    def odoo_conf(self) -> Path:
        return self.secrets / "odoo.conf"

    def secret(self, name: str) -> str | None:
        """The text of one secret without its line end; None when it was not given."""
        path = self.secrets / name
        return path.read_text(encoding="utf-8").strip() if path.is_file() else None


def places_from(environ=os.environ) -> Places:
    """The places of this container."""

    def place(variable: str, default: str) -> Path:
        return Path(environ.get(variable) or default)

    return Places(
        spool=place("IPAI_SPOOL", "/ipai/spool"),
        secrets=place("IPAI_SECRETS", "/run/secrets"),
        mirrors=place("IPAI_MIRRORS", "/ipai/mirrors"),
        ca_bundle=place("IPAI_CA_BUNDLE", "/ipai/ca-bundle.crt"),
        odoo_addons=place("IPAI_ADDONS", "/opt/ipai/addons"),
    )
