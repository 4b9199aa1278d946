"""When and how the person of this browser session proved who they are."""

import time
from contextlib import contextmanager
from contextvars import ContextVar

from odoo.http import request

from . import api_call

MARK = "ipai_signed_in"
CONFIRMED = "identity-check-last"  # Odoo's own mark: the password or passkey was shown again
WINDOW_SECONDS = 10 * 60
_asked_before = ContextVar("ipai_ops_asked_before", default=False)
HERE = ("password", "webauthn", "totp")


@contextmanager
def asked_before():
    """Ask nobody inside: what goes on there is the rest of what somebody confirmed."""
    token = _asked_before.set(True)
    try:
        yield
    finally:
        _asked_before.reset(token)


def is_session(env):
    """Say whether a person with a browser acts; a key or a password is shown with each call."""
    return bool(request and request.session.uid and not api_call.is_by_key(env))


def keep(user_id, method, session=None):
    """Remember in the session that ``user_id`` signed in now, and by which method."""
    session = request.session if session is None else session
    session[MARK] = {"user": user_id, "at": time.time(), "method": method}


def age_seconds(env):
    """Return how long ago the session's person signed in; None where that is not known."""
    at = _mark(env).get("at")
    return time.time() - at if at else None


def is_confirmed(env):
    """Say whether the person proved within the last ten minutes who they are."""
    if _asked_before.get() or not is_session(env):
        return True
    last = max(_mark(env).get("at", 0), request.session.get(CONFIRMED) or 0)
    return last > time.time() - WINDOW_SECONDS


def came_from_elsewhere(env):
    """Say whether another system vouched for the person: they may have no password here."""
    return _mark(env).get("method", HERE[0]) not in HERE


def _mark(env):
    mark = request.session.get(MARK) or {}
    return mark if mark.get("user") == env.uid else {}
