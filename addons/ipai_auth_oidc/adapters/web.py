"""One HTTP call to a provider: short, small, without cookies, redirects or second thoughts."""

import json
import threading
import time
from dataclasses import dataclass
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from queue import Empty, SimpleQueue

import requests
from urllib3.exceptions import ProtocolError

from ..protocol.refusal import Refused

CONNECT_SECONDS = 4
READ_SECONDS = 6
TOTAL_SECONDS = 8
LARGEST_BYTES = 256 * 1024
CHUNK_BYTES = 16 * 1024
AT_ONCE = 16

# A provider that sends a byte now and then passes every timeout of a socket. So a call runs beside the
# request, and the request waits TOTAL_SECONDS and no longer.
_slots = threading.BoundedSemaphore(AT_ONCE)
_session = requests.Session()
_session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))


@dataclass(frozen=True)
class Answer:
    """What came back. ``date`` is the provider's clock as it says."""

    status: int
    body: bytes
    date: str = ""
    location: str = ""

    def json(self):
        """Return the body as JSON; raise Refused where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as exc:
            raise Refused("bad_answer", f"an answer {self.status} is no JSON") from exc


def call(method, url, form=None, headers=None):
    """Return the Answer; raise Refused with unreachable, too_slow or bad_answer (too large)."""
    if not _slots.acquire(timeout=TOTAL_SECONDS):
        raise Refused("too_slow", f"{AT_ONCE} calls are still waiting for their providers")
    outcome = SimpleQueue()
    asked = (outcome, method, url, form, headers)
    threading.Thread(target=_beside, args=asked, daemon=True, name="oidc").start()
    try:
        found = outcome.get(timeout=TOTAL_SECONDS)
    except Empty as exc:
        raise Refused("too_slow", f"no whole answer within {TOTAL_SECONDS} s from {url}") from exc
    if isinstance(found, BaseException):
        raise found
    return found


def _beside(outcome, *asked):
    try:
        outcome.put(_call(*asked))
    except BaseException as exc:  # whatever it is, the request that waits has to hear of it
        outcome.put(exc)
    finally:
        _slots.release()


def read_json(url, headers=None):
    """Return the JSON object at an address; raise Refused on any other answer than 200."""
    answer = call("GET", url, headers=headers)
    if answer.status != 200:
        raise Refused("bad_answer", f"{url} answered {answer.status}")
    return answer.json()


def _call(method, url, form, headers):
    end = time.monotonic() + TOTAL_SECONDS
    try:
        return _read(_asked(method, url, form, headers), url, end)
    except (requests.Timeout, TimeoutError) as exc:
        raise Refused("too_slow", f"{url}: {type(exc).__name__}") from exc
    except (OSError, HTTPException) as exc:  # those of requests are OSErrors, too
        raise Refused("unreachable", f"{url}: {type(exc).__name__}") from exc


def _asked(method, url, form, headers):
    # Without compression nothing grows after it was measured.
    usual = {"Accept": "application/json", "Accept-Encoding": "identity"}
    question = {
        "data": form,
        "headers": {**usual, **(headers or {})},
        "timeout": (CONNECT_SECONDS, READ_SECONDS),
        "allow_redirects": False,
        "stream": True,
        "auth": _nobody,
    }
    try:
        return _session.request(method, url, **question)
    except requests.ConnectionError as exc:
        if not (exc.args and isinstance(exc.args[0], ProtocolError)):
            raise
    return _session.request(method, url, **question)  # a kept connection had just been closed


def _nobody(prepared):
    """Keeps requests from taking a password out of ~/.netrc."""
    return prepared


def _read(response, url, end):
    said = response.headers
    try:
        body = _limited(response.raw._original_response, url, end)
    except BaseException:
        response.close()
        raise
    response.raw.release_conn()
    return Answer(response.status_code, body, said.get("Date", ""), said.get("Location", ""))


def _limited(plain, url, end):
    """Read what is there piece by piece: requests itself would wait for whole chunks of a drip."""
    body = bytearray()
    while piece := plain.read1(CHUNK_BYTES):
        body += piece
        if len(body) > LARGEST_BYTES:
            raise Refused("bad_answer", f"{url} sent more than {LARGEST_BYTES} bytes")
        if time.monotonic() > end:
            raise Refused("too_slow", f"{url} was still sending after {TOTAL_SECONDS} s")
    return bytes(body)
