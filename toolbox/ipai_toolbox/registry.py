"""A small client of the registry API: look up, share, read and delete images by digest."""

import base64
import http.client
import json
import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from .outcome import Failure, Unreachable

TIMEOUT_SECONDS = 30
MANIFESTS = (
    "application/vnd.docker.distribution.manifest.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.index.v1+json"
)
HINT = "Start the registry, or check its address and that its disk is not full, then retry"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Image:
    """An image that the registry has."""

    digest: str
    size_bytes: int


@dataclass(frozen=True)
class Registry:
    """One registry as seen from a job. `address` is host:port (plain HTTP) or an https address."""

    address: str
    login: str = ""
    ca_bundle: Path | None = None

    def find(self, name: str, reference: str) -> Image | None:
        """The image under a tag or digest; None when the registry does not have it."""
        answer = self._ask("GET", f"/v2/{name}/manifests/{reference}", {"Accept": MANIFESTS})
        if answer.status == 404:
            return None
        self._expect(answer, 200)
        return Image(answer.headers["docker-content-digest"], _size(json.loads(answer.body)))

    def share_layers(self, name: str, reference: str, target: str) -> int:
        """Make the layers of one repository's image those of `target` too, without sending them; gives their number.

        Docker remembers few of the repositories that have a layer, and sends it whole when it guesses wrong.
        """
        answer = self._ask("GET", f"/v2/{name}/manifests/{reference}", {"Accept": MANIFESTS})
        layers = json.loads(answer.body).get("layers", []) if answer.status == 200 else []
        return sum(self._share(name, layer["digest"], target) for layer in layers)

    def _share(self, name: str, digest: str, target: str) -> bool:
        query = urlencode({"mount": digest, "from": name})
        answer = self._ask("POST", f"/v2/{target}/blobs/uploads/?{query}", {"Content-Length": "0"})
        begun = urlsplit(answer.headers.get("location", ""))
        if answer.status == 202:  # not shared: it expects the layer now, and would wait for it
            self._ask("DELETE", f"{begun.path}?{begun.query}", {})
        return answer.status == 201

    def delete(self, name: str, digest: str) -> bool:
        """Remove an image with all its tags; False when it was not there."""
        answer = self._ask("DELETE", f"/v2/{name}/manifests/{digest}", {})
        if answer.status in (404, 400):
            return False
        if answer.status == 405:
            raise Failure(
                f"The registry {self.address} does not allow to delete images",
                "Set storage.delete.enabled in its configuration",
            )
        self._expect(answer, 202)
        return True

    def _ask(self, method: str, path: str, headers: dict[str, str]) -> Answer:
        answer = self._send(self.address, method, path, {**headers, **self._basic()})
        challenge = answer.headers.get("www-authenticate", "")
        if answer.status != 401 or not challenge.lower().startswith("bearer "):
            return answer
        token = self._token(challenge)
        return self._send(
            self.address, method, path, {**headers, "Authorization": f"Bearer {token}"}
        )

    def _basic(self) -> dict[str, str]:
        return {"Authorization": f"Basic {self.login}"} if self.login else {}

    def _token(self, challenge: str) -> str:
        """A token as the registry's challenge asks for it (Docker's token authentication)."""
        fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        realm = urlsplit(fields.get("realm", ""))
        query = urlencode({key: fields[key] for key in ("service", "scope") if key in fields})
        address = f"{realm.scheme}://{realm.netloc}"
        answer = self._send(address, "GET", f"{realm.path}?{query}", self._basic())
        self._expect(answer, 200)
        facts = json.loads(answer.body)
        return facts.get("token") or facts.get("access_token") or ""

    def _send(self, address: str, method: str, path: str, headers: dict[str, str]) -> Answer:
        connection = _connect(address, self.ca_bundle)
        try:
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            fields = {key.lower(): value for key, value in response.getheaders()}
            return Answer(response.status, fields, response.read())
        except (OSError, http.client.HTTPException) as error:
            said = f"The registry {self.address} does not answer: {error}"
            raise Unreachable(said, HINT) from error
        finally:
            connection.close()

    def _expect(self, answer: Answer, status: int) -> None:
        if answer.status in (401, 403):
            raise Failure(
                f"The registry {self.address} refused our credentials",
                "Check the user and password of the registry in the platform's settings",
            )
        if answer.status != status:
            raise Failure(f"The registry {self.address} answered {answer.status}", HINT)


def registry_for(address: str, docker_config: str | None, ca_bundle: Path) -> Registry:
    """The registry with the credentials that the docker configuration has for it."""
    try:
        logins = json.loads(docker_config or "{}").get("auths", {})
    except ValueError:
        logins = {}
    host = address.partition("://")[2] or address
    login = (logins.get(host) or logins.get(address) or {}).get("auth", "")
    return Registry(address, login, ca_bundle if ca_bundle.is_file() else None)


def basic_login(user: str, password: str) -> str:
    """The two as a docker configuration stores them."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def _connect(address: str, ca_bundle: Path | None):
    if address.startswith("https://"):
        context = ssl.create_default_context(cafile=str(ca_bundle) if ca_bundle else None)
        return http.client.HTTPSConnection(address[8:], timeout=TIMEOUT_SECONDS, context=context)
    return http.client.HTTPConnection(address.removeprefix("http://"), timeout=TIMEOUT_SECONDS)


def _size(manifest: dict) -> int:
    parts = [manifest.get("config") or {}, *manifest.get("layers", [])]
    return sum(part.get("size", 0) for part in parts)
