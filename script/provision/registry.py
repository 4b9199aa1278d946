"""Images into the swarm's registry, over its HTTP API (OCI distribution); what comes back are names with digests."""

import base64
import http.client
import time
from urllib.parse import urlsplit

from .credentials import REGISTRY_USER, read_secret, registry_addresses, registry_config_folder
from .docker_engine import docker
from .image_archive import MANIFEST_TYPE, digest_of
from .trouble import Trouble

TIMEOUT_SECONDS = 120


def wait_for_registry(settings, timeout_seconds=30):
    """Return when the registry takes our password."""
    deadline = time.monotonic() + timeout_seconds
    while _status(settings, "GET", "/v2/") != 200:
        if time.monotonic() > deadline:
            raise Trouble(
                f"The registry at {registry_addresses(settings)[0]} does not answer: "
                f"see “docker service logs {settings.named('registry')}”."
            )
        time.sleep(0.2)


def ensure_in_registry(commands, settings, name, archive):
    """The image in the registry and in the local engine, as `address/instance/name@sha256:…`."""
    repository = f"{settings.instance}/{name}"
    digest = archive.digest
    if _status(settings, "HEAD", f"/v2/{repository}/manifests/{digest}") != 200:
        for blob in (*archive.layers, archive.config):
            _upload_blob(settings, repository, blob)
        _put(
            settings,
            f"/v2/{repository}/manifests/{archive.folder.name}",
            archive.manifest,
            MANIFEST_TYPE,
        )
    image = f"{registry_addresses(settings)[0]}/{repository}@{digest}"
    _ensure_in_engine(commands, settings, image)
    return image


def _ensure_in_engine(commands, settings, image):
    if commands.succeeds(docker("image", "inspect", "--format", "{{.Id}}", image)):
        return
    commands.run(
        [*docker("--config", str(registry_config_folder(settings))), "pull", "--quiet", image],
        timeout=600,
        why=f"{image.partition('@')[0]} could not be pulled from the registry",
    )


def _upload_blob(settings, repository, path):
    digest = digest_of(path)
    if _status(settings, "HEAD", f"/v2/{repository}/blobs/{digest}") == 200:
        return
    with _answer(settings, "POST", f"/v2/{repository}/blobs/uploads/") as begun:
        where = urlsplit(begun.headers["Location"])
    _put(settings, f"{where.path}?{where.query}&digest={digest}", path, "application/octet-stream")


def _put(settings, path, file, media_type):
    with file.open("rb") as body:
        headers = {"Content-Type": media_type, "Content-Length": str(file.stat().st_size)}
        with _answer(settings, "PUT", path, body, headers) as answer:
            if answer.status != 201:
                raise Trouble(
                    f"The registry refused {file.parent.name}/{file.name}: {answer.status} "
                    f"{answer.read(300).decode(errors='replace')}"
                )


def _status(settings, method, path):
    try:
        with _answer(settings, method, path, headers={"Accept": MANIFEST_TYPE}) as answer:
            return answer.status
    except OSError:
        return 0


def _answer(settings, method, path, body=None, headers=None):
    login = base64.b64encode(
        f"{REGISTRY_USER}:{read_secret(settings, 'registry-password')}".encode()
    ).decode()
    connection = http.client.HTTPConnection(
        registry_addresses(settings)[0], timeout=TIMEOUT_SECONDS
    )
    connection.request(
        method,
        path,
        body,
        {"Authorization": f"Basic {login}", "Connection": "close", **(headers or {})},
    )
    return connection.getresponse()
