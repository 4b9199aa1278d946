"""Asks and tells the control plane, with the token that proves who we are."""

import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_SECONDS = 20
AWAY = 503  # what we take an absent control plane for


@dataclass(frozen=True)
class Control:
    """The control plane as the gate sees it."""

    url: str
    token_path: Path

    def policy(self, etag):
        """(etag, body) of a policy that is new to us, else None. Raises OSError."""
        headers = {"If-None-Match": etag} if etag else {}
        try:
            with self._open("policy", headers) as answer:
                return answer.headers.get("ETag", ""), answer.read()
        except urllib.error.HTTPError as error:
            if error.code == 304:
                return None
            raise

    def tell(self, what, body, headers):
        """The status of the answer; the same whether there was none or a bad one."""
        try:
            with self._open(what, headers, body) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return AWAY

    def _open(self, what, headers, body=None):
        token = self.token_path.read_text().strip()
        request = urllib.request.Request(
            f"{self.url}/ipai/gate/{what}",
            data=body,
            headers={**headers, "Authorization": f"Bearer {token}"},
        )
        return urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS)
