"""One HTTP call to a provider: short, small, without cookies, redirects or second thoughts."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy

import requests

from ..protocol.refusal import Refused

CONNECT_SECONDS = 4
READ_SECONDS = 6
TOTAL_SECONDS = 8
LARGEST_BYTES = 256 * 1024
CHUNK_BYTES = 16 * 1024
AT_ONCE = 16

# A provider that sends a byte now and then passes every timeout of a socket. So the calls run beside the
# request, and the request waits TOTAL_SECONDS and no longer.
_calls = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="oidc")
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
    future = _calls.submit(_call, method, url, form, headers)
    try:
        return future.result(TOTAL_SECONDS)
    except TooLong as exc:
        future.cancel()
        raise Refused("too_slow", f"no whole answer within {TOTAL_SECONDS} s from {url}") from exc


def read_json(url, headers=None):
    """Return the JSON object at an address; raise Refused on any other answer than 200."""
    answer = call("GET", url, headers=headers)
    if answer.status != 200:
        raise Refused("bad_answer", f"{url} answered {answer.status}")
    return answer.json()


def _call(method, url, form, headers):
    end = time.monotonic() + TOTAL_SECONDS
    try:
        return _asked(method, url, form, headers, end)
    except requests.Timeout as exc:
        raise Refused("too_slow", f"{url}: {type(exc).__name__}") from exc
    except requests.RequestException as exc:
        raise Refused("unreachable", f"{url}: {type(exc).__name__}") from exc


def _asked(method, url, form, headers, end):
    with _session.request(
        method,
        url,
        data=form,
        headers={"Accept": "application/json", **(headers or {})},
        timeout=(CONNECT_SECONDS, READ_SECONDS),
        allow_redirects=False,
        stream=True,
        auth=_nobody,
    ) as response:
        body = _limited(response, url, end)
        said = response.headers
        return Answer(response.status_code, body, said.get("Date", ""), said.get("Location", ""))


def _nobody(prepared):
    """Keeps requests from taking a password out of ~/.netrc."""
    return prepared


def _limited(response, url, end):
    body = bytearray()
    for chunk in response.iter_content(CHUNK_BYTES):
        body += chunk
        if len(body) > LARGEST_BYTES:
            raise Refused("bad_answer", f"{url} sent more than {LARGEST_BYTES} bytes")
        if time.monotonic() > end:
            raise Refused("too_slow", f"{url} was still sending after {TOTAL_SECONDS} s")
    return bytes(body)
