"""A made file tree as an image: one compressed layer, its config and its manifest, kept side by side in a folder.

The digest is thereby known before any registry exists, is the same for every instance of this cache, and
nothing is compressed twice. Formats: Docker Image Manifest Version 2, Schema 2.
"""

import hashlib
import json
import tarfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG_TYPE = "application/vnd.docker.container.image.v1+json"
LAYER_TYPE = "application/vnd.docker.image.rootfs.diff.tar.gzip"
DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Archive:
    """The three files of an image."""

    folder: Path

    @property
    def layer(self):
        return self.folder / "layer.tar.gz"

    @property
    def config(self):
        return self.folder / "config.json"

    @property
    def manifest(self):
        return self.folder / "manifest.json"

    @property
    def is_whole(self):
        return self.manifest.exists()

    @property
    def digest(self):
        """The name the registry gives the image."""
        return digest_of(self.manifest)

    @property
    def image_id(self):
        """The name the local engine gives the image."""
        return digest_of(self.config)


def digest_of(path):
    digest = hashlib.sha256()
    with path.open("rb") as source:
        for block in iter(lambda: source.read(1 << 20), b""):
            digest.update(block)
    return f"sha256:{digest.hexdigest()}"


def describe(archive, tree_tar, facts, created_at):
    """Write config and manifest for the layer in place; `tree_tar` is the same layer uncompressed."""
    config = {
        "architecture": facts["architecture"],
        "os": "linux",
        "created": created_at,
        "config": _run_config(facts["config"]),
        "rootfs": {"type": "layers", "diff_ids": [digest_of(tree_tar)]},
        "history": [{"created": created_at, "created_by": "mmdebstrap", "comment": facts["about"]}],
    }
    archive.config.write_text(json.dumps(config))
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": _descriptor(CONFIG_TYPE, archive.config),
        "layers": [_descriptor(LAYER_TYPE, archive.layer)],
    }
    archive.manifest.write_text(json.dumps(manifest))


def _run_config(wanted):
    environment = wanted.get("Env", [])
    has_path = any(variable.startswith("PATH=") for variable in environment)
    return {**wanted, "Env": environment if has_path else [DEFAULT_PATH, *environment]}


def _descriptor(media_type, path):
    return {"mediaType": media_type, "size": path.stat().st_size, "digest": digest_of(path)}


def write_loadable(archive, tag, target):
    """One tar that `docker load` takes, for the image that must exist before the registry does."""
    index = [{"Config": "config.json", "RepoTags": [tag], "Layers": ["layer.tar.gz"]}]
    with tarfile.open(target, "w") as out:
        _add_bytes(out, "manifest.json", json.dumps(index).encode())
        out.add(archive.config, "config.json")
        out.add(archive.layer, "layer.tar.gz")


def _add_bytes(out, name, content):
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    out.addfile(entry, BytesIO(content))
