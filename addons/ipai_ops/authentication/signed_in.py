"""When and how the person of this browser session proved who they are."""

import time
from contextlib import contextmanager
from contextvars import ContextVar

from odoo.http import request

from . import api_call

MARK = "ipai_signed_in"
CONFIRMED = "identity-check-last"  # Odoo's own mark: the password or passkey was shown again
SECOND = (
    "ipai_second_factor"  # who showed a second factor here, and when; single sign-on writes it too
)
WINDOW_SECONDS = 10 * 60
_asked_before = ContextVar("ipai_ops_asked_before", default=False)
HERE = ("password", "passkey", "webauthn", "totp")


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


def keep(user_id, method, shown_at=None):
    """Remember in the session that ``user_id`` signed in now, and by which method.

    ``shown_at``: when another system saw the person, where it tells that.
    """
    now = time.time()
    shown_at = min(shown_at or now, now)
    request.session[MARK] = {"user": user_id, "at": now, "shown": shown_at, "method": method}


def keep_second(user_id):
    """Remember in the session that ``user_id`` showed a second factor now."""
    request.session[SECOND] = {"user": user_id, "at": time.time()}


def second_at(env):
    """Return when the session's person last showed a second factor; 0: not in this session.

    Whoever signed in before in the same browser does not count: the session outlives a change of person.
    """
    mark = request.session.get(SECOND) if request else None
    if not isinstance(mark, dict) or mark.get("user") != env.uid:
        return 0
    return mark.get("at") or 0


def age_seconds(env):
    """Return how long ago the session's person signed in; None where that is not known."""
    at = _mark(env).get("at")
    return time.time() - at if at else None


def is_confirmed(env):
    """Say whether the person proved within the last ten minutes who they are.

    Whose role asks for a second factor proves it with one; a password alone does not count then.
    """
    if _asked_before.get() or not is_session(env):
        return True
    takes_second = env.user._confirms_with_second_factor()
    return is_fresh(second_at(env) if takes_second else _shown_at(env))


def is_fresh(at):
    """Say whether a moment lies within the time in which nobody is asked again."""
    return at > time.time() - WINDOW_SECONDS


def forget_password():
    """Have Odoo's own dialog open although the password was shown lately."""
    request.session.pop(CONFIRMED, None)


def came_from_elsewhere(env):
    """Say whether another system vouched for the person: they may have no password here."""
    return _mark(env).get("method", HERE[0]) not in HERE


def _shown_at(env):
    mark = _mark(env)
    return max(mark.get("shown", mark.get("at", 0)), request.session.get(CONFIRMED) or 0)


def _mark(env):
    mark = request.session.get(MARK) or {}
    return mark if mark.get("user") == env.uid else {}
