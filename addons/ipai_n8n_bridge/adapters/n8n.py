"""n8n over HTTP: its webhooks and its public API (v1). The only file here that imports requests."""

import time

import requests

from ..engine.outcome import SAID_LENGTH, Answer

TIMEOUT_SECONDS = 10
PAGE = 100


class N8nError(Exception):
    """n8n could not be asked, or refused; the text is a sentence for people."""


def post(url: str, headers: dict, body: bytes) -> Answer:
    """Send one message to a webhook; never raises."""
    start = time.monotonic()
    try:
        said = requests.post(
            url, data=body, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False
        )
    except requests.Timeout:
        return Answer(milliseconds=_since(start), error="n8n did not answer within 10 seconds.")
    except requests.RequestException as error:
        reason = f"n8n cannot be reached at this address ({type(error).__name__})."
        return Answer(milliseconds=_since(start), error=reason)
    return Answer(said.status_code, said.text[:SAID_LENGTH], _since(start))


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
        return self._ask("GET", f"/api/v1/executions/{int(execution_id)}")

    def set_active(self, workflow_id: str, is_active: bool) -> dict:
        verb = "activate" if is_active else "deactivate"
        return self._ask("POST", f"/api/v1/workflows/{workflow_id}/{verb}")

    def create_workflow(self, workflow: dict) -> dict:
        return self._ask("POST", "/api/v1/workflows", workflow)

    def update_workflow(self, workflow_id: str, workflow: dict) -> dict:
        return self._ask("PUT", f"/api/v1/workflows/{workflow_id}", workflow)

    def create_credential(self, name: str, kind: str, data: dict) -> str:
        """Store a credential in n8n, encrypted there; return its id."""
        body = {"name": name, "type": kind, "data": data}
        return self._ask("POST", "/api/v1/credentials", body)["id"]

    def _pages(self, path):
        rows, cursor = [], ""
        while True:
            page = self._ask("GET", f"{path}?limit={PAGE}{'&cursor=' + cursor if cursor else ''}")
            rows += page["data"]
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
            raise N8nError(f"n8n cannot be reached at {self.url} ({reason}).") from error
        if said.status_code == 401:
            raise N8nError("n8n refused the API key: make a new one there and enter it here.")
        if said.status_code >= 300:
            raise N8nError(f"n8n answered {said.status_code}: {_reason(said)}")
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
        raise N8nError("What answers at this address is not n8n.") from error
