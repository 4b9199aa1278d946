"""What the machine set-up tells the control plane, read from ``platform.json``."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Platform:
    """Facts of one installation: names, addresses, digests; never a secret's value.

    ``imports_folder``: where the management Odoo keeps archives to take in; ``imports_source``: the
    same place as jobs mount it, a volume or a folder of the node. ``own_repositories``: how the
    addresses of repositories begin that the platform itself serves.
    """

    instance: str = "ipai"
    domain: str = "localhost"
    scheme: str = "http"
    public_port: int = 80
    control_url: str = ""
    registry: Mapping = field(default_factory=dict)
    images: Mapping = field(default_factory=dict)
    networks: Mapping = field(default_factory=dict)
    secrets: Mapping = field(default_factory=dict)
    configs: Mapping = field(default_factory=dict)
    database_servers: tuple = ()
    toolbox: str = ""
    toolbox_digest: str = ""
    imports_folder: str = ""
    imports_source: str = ""
    edge_token_file: str = ""
    gate_token_file: str = ""
    mail: Mapping = field(default_factory=dict)
    egress: Mapping = field(default_factory=dict)
    own_repositories: str = ""
    docker: str = "unix:///var/run/docker.sock"
    slots: int = 2

    @classmethod
    def from_dict(cls, data: Mapping) -> "Platform":
        """Build the facts from decoded JSON, ignoring keys of newer set-ups."""
        known = {key: value for key, value in data.items() if key in cls.__dataclass_fields__}
        known["database_servers"] = tuple(known.get("database_servers", ()))
        return cls(**known)

    def url(self, host: str) -> str:
        """Return the public URL of the environment whose host label is ``host``."""
        default_port = 443 if self.scheme == "https" else 80
        port = "" if self.public_port == default_port else f":{self.public_port}"
        return f"{self.scheme}://{self.authority(host)}{port}"

    def authority(self, host: str) -> str:
        """Return the host name, without port, under which ``host`` answers."""
        return f"{host}.{self.domain}"

    def network(self, stage: str) -> str:
        """Return the overlay of a stage; only production has a way out to the internet."""
        trust = "production" if stage == "production" else "nonproduction"
        return self.networks.get(trust, f"{self.instance}-{trust}")

    @property
    def control_network(self) -> str:
        return self.networks.get("control", f"{self.instance}-control")
