"""A made file tree as an image: compressed layers, config and manifest, side by side in a folder.

The digest is thereby known before any registry exists, is the same for every instance of this
cache, and nothing is compressed twice. Formats: Docker Image Manifest Version 2, Schema 2.
"""

import gzip
import hashlib
import json
import os
import shutil
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
    """The files of an image: its layers from below, what to run, and the list of both."""

    folder: Path

    @property
    def layers(self):
        names = ("base.tar.gz", "layer.tar.gz")
        return [self.folder / name for name in names if (self.folder / name).exists()]

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
    """`sha256:…` of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as source:
        for block in iter(lambda: source.read(1 << 20), b""):
            digest.update(block)
    return f"sha256:{digest.hexdigest()}"


def note_tree(layer, tree_tar):
    """Remember the digest of the uncompressed layer, which the config must name."""
    _note(layer).write_text(digest_of(tree_tar))


def _note(layer):
    return layer.with_name(layer.name + ".diff_id")


def put_below(archive, base):
    """Make the one layer of `base` the lowest of `archive`, without copying it."""
    [layer] = base.layers
    os.link(layer, archive.folder / "base.tar.gz")
    shutil.copyfile(_note(layer), _note(archive.folder / "base.tar.gz"))


def write_files_layer(archive, files):
    """A layer of plain files: {path in the image: (content, mode)}; equal files, equal bytes."""
    tree = archive.folder / "layer.tar"
    with tarfile.open(tree, "w") as out:
        for name, (content, mode) in sorted(files.items()):
            _add_bytes(out, name, content, mode)
    layer = archive.folder / "layer.tar.gz"
    with layer.open("wb") as target, gzip.GzipFile("", "wb", 6, target, mtime=0) as packed:
        packed.write(tree.read_bytes())
    note_tree(layer, tree)
    tree.unlink()


def is_described(archive, facts):
    """Whether config and manifest are there and say what `facts` say."""
    if not archive.is_whole:
        return False
    return json.loads(archive.config.read_text())["config"] == _run_config(facts["config"])


def describe(archive, facts, created_at):
    """Write config and manifest for the layers in place."""
    history = {"created": created_at, "created_by": "images/", "comment": facts["about"]}
    config = {
        "architecture": facts["architecture"],
        "os": "linux",
        "created": created_at,
        "config": _run_config(facts["config"]),
        "rootfs": {
            "type": "layers",
            "diff_ids": [_note(one).read_text() for one in archive.layers],
        },
        "history": [history for _layer in archive.layers],
    }
    archive.config.write_text(json.dumps(config))
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": _descriptor(CONFIG_TYPE, archive.config),
        "layers": [_descriptor(LAYER_TYPE, layer) for layer in archive.layers],
    }
    partial = archive.manifest.with_suffix(".partial")
    partial.write_text(json.dumps(manifest))
    partial.rename(archive.manifest)


def _run_config(wanted):
    environment = wanted.get("Env", [])
    has_path = any(variable.startswith("PATH=") for variable in environment)
    return {**wanted, "Env": environment if has_path else [DEFAULT_PATH, *environment]}


def _descriptor(media_type, path):
    return {"mediaType": media_type, "size": path.stat().st_size, "digest": digest_of(path)}


def write_loadable(archive, tag, target):
    """One tar that `docker load` takes, for the image that must exist before the registry does."""
    layers = [layer.name for layer in archive.layers]
    index = [{"Config": "config.json", "RepoTags": [tag], "Layers": layers}]
    with tarfile.open(target, "w") as out:
        _add_bytes(out, "manifest.json", json.dumps(index).encode(), 0o644)
        for path in (archive.config, *archive.layers):
            out.add(path, path.name)


def _add_bytes(out, name, content, mode):
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    out.addfile(entry, BytesIO(content))
