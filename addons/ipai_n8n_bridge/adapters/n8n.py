"""n8n over HTTP: its webhooks and its public API (v1). The only file here that imports requests."""

import time

import requests

from ..engine.outcome import SAID_LENGTH, Answer

TIMEOUT_SECONDS = 10
PAGE = 100
LONGEST_ANSWER = 64 * 1024
CHUNK = 4096
FOREIGN = "What answers at this address is not n8n."


class N8nError(Exception):
    """n8n could not be asked, or refused; the text is a sentence for people."""


class N8nAway(N8nError):
    """n8n did not answer, or is not well: the same question may be answered later."""


def post(url: str, headers: dict, body: bytes) -> Answer:
    """Send one message to a webhook; never raises."""
    start = time.monotonic()
    options = {"data": body, "headers": headers, "allow_redirects": False, "stream": True}
    try:
        with requests.post(url, timeout=TIMEOUT_SECONDS, **options) as said:
            text = _beginning(said, start + TIMEOUT_SECONDS)
    except requests.Timeout:
        return Answer(milliseconds=_since(start), error="n8n did not answer within 10 seconds.")
    except requests.RequestException as error:
        reason = f"n8n cannot be reached at this address ({type(error).__name__})."
        return Answer(milliseconds=_since(start), error=reason)
    return Answer(said.status_code, text, _since(start))


def _beginning(said, deadline):
    """Return as much of an answer as is kept, without what PostgreSQL cannot keep."""
    read = bytearray()
    for part in said.iter_content(CHUNK):
        read += part
        if len(read) >= LONGEST_ANSWER:
            break
        if time.monotonic() > deadline:
            raise requests.Timeout("the answer came too slowly")
    return read.decode("utf-8", "replace").replace("\x00", "\ufffd")[:SAID_LENGTH]


def _since(start):
    return int((time.monotonic() - start) * 1000)


class N8nApi:
    """The public API of one n8n, with the key of one of its users."""

    def __init__(self, url: str, key: str):
        self.url, self.key = url.rstrip("/"), key

    def health(self) -> str:
        """Return a sentence about the server and the key; raise N8nError when one does not work."""
        self._ask("GET", "/healthz/readiness")
        active = [flow for flow in self.workflows() if flow.get("active")]
        return f"n8n is ready, the key works, {len(active)} workflows are active."

    def workflows(self) -> list[dict]:
        return self._pages("/api/v1/workflows")

    def execution(self, execution_id: str) -> dict:
        if not execution_id.isdecimal():
            raise N8nError(f"“{execution_id[:50]}” is no execution of n8n.")
        return _expected(self._ask("GET", f"/api/v1/executions/{execution_id}"), "status")

    def set_active(self, workflow_id: str, is_active: bool) -> dict:
        verb = "activate" if is_active else "deactivate"
        return _expected(self._ask("POST", f"/api/v1/workflows/{workflow_id}/{verb}"), "id")

    def create_workflow(self, workflow: dict) -> dict:
        return _expected(self._ask("POST", "/api/v1/workflows", workflow), "id")

    def update_workflow(self, workflow_id: str, workflow: dict) -> dict:
        return _expected(self._ask("PUT", f"/api/v1/workflows/{workflow_id}", workflow), "id")

    def create_credential(self, name: str, kind: str, data: dict) -> str:
        """Store a credential in n8n, encrypted there; return its id."""
        body = {"name": name, "type": kind, "data": data}
        return _expected(self._ask("POST", "/api/v1/credentials", body), "id")["id"]

    def _pages(self, path):
        rows, cursor = [], ""
        while True:
            page = self._ask("GET", f"{path}?limit={PAGE}{'&cursor=' + cursor if cursor else ''}")
            rows += [_expected(row, "id") for row in _expected(page, "data")["data"]]
            cursor = page.get("nextCursor")
            if not cursor:
                return rows

    def _ask(self, method, path, body=None):
        headers = {"X-N8N-API-KEY": self.key or "", "Accept": "application/json"}
        options = {"headers": headers, "json": body, "allow_redirects": False}
        try:
            said = requests.request(method, self.url + path, timeout=TIMEOUT_SECONDS, **options)
        except requests.RequestException as error:
            reason = type(error).__name__
            raise N8nAway(f"n8n cannot be reached at {self.url} ({reason}).") from error
        if said.status_code == 401:
            raise N8nError("n8n refused the API key: make a new one there and enter it here.")
        if said.status_code >= 300:
            kind = N8nAway if said.status_code >= 500 or said.status_code == 429 else N8nError
            raise kind(f"n8n answered {said.status_code}: {_reason(said)}")
        return _decoded(said)


def _reason(said):
    try:
        return str(said.json().get("message", ""))[:300]
    except (ValueError, AttributeError):
        return said.reason or ""


def _decoded(said):
    try:
        return said.json()
    except ValueError as error:
        raise N8nError(FOREIGN) from error


def _expected(answer, name):
    """Return the answer if it is an object that has ``name``, as n8n's has."""
    if not isinstance(answer, dict) or name not in answer:
        raise N8nError(FOREIGN)
    return answer
