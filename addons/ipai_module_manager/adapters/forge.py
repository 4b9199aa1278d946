"""Opens pull requests over a forge's API: looks first, so that a second try opens no second one."""

import requests

from ..engine import forge
from ..engine.forge import FORGES, ForgeFault

TIMEOUT_SECONDS = 30
AGENT = {"User-Agent": "ipai-module-manager"}


def open_pull(place, token, wish, verify=True):
    """Return the open Pull of the branch, opened now where there was none. Raises ForgeFault."""
    known = forge.found(place, _ask(place, forge.find(place, token, wish), verify), wish)
    return known or _opened(place, _ask(place, forge.create(place, token, wish), verify))


def ask(place, token, wish, verify=True):
    """Return how many of the branch's pull requests are open. Raises ForgeFault."""
    rows = _ask(place, forge.find(place, token, wish), verify)
    if not isinstance(rows, list):
        raise _foreign(place)
    return len(rows)


def _opened(place, row):
    try:
        return forge.read(place, row)
    except (KeyError, TypeError) as error:
        raise _foreign(place) from error


def _ask(place, call, verify):
    headers, options = {**AGENT, **call.headers}, {"allow_redirects": False, "verify": verify}
    try:
        said = requests.request(
            call.method,
            call.url,
            headers=headers,
            json=call.body,
            timeout=TIMEOUT_SECONDS,
            **options,
        )
    except requests.RequestException as error:
        reason = type(error).__name__
        raise ForgeFault(f"{FORGES[place.forge]} cannot be reached ({reason}).") from error
    data = _decoded(said)
    if said.status_code not in (200, 201):
        raise ForgeFault(forge.sentence(place, said.status_code, data))
    if data is None:
        raise _foreign(place)
    return data


def _decoded(said):
    try:
        return said.json()
    except ValueError:
        return None


def _foreign(place):
    return ForgeFault(f"What answers at {place.root} is not the API of {FORGES[place.forge]}.")
