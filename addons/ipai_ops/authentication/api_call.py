"""Who is calling: the network address, what is called, and the key in use.

XML-RPC hides Odoo's request from what it calls, so our controllers leave the facts here. The key is
kept with the database cursor, which nobody can reach from outside, as long as the transaction lasts.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from odoo.http import request

_call = ContextVar("ipai_ops_call", default=None)
SCOPE = "ipai_key_scope"
USED = "ipai_key_used"


@dataclass(frozen=True)
class Call:
    """A call by key. ``model`` and ``method`` are blank where they are not known yet.

    ``told``: what was found out on the way: ``refusal``, ``person``.
    """

    address: str
    model: str = ""
    method: str = ""
    told: dict = field(default_factory=dict, compare=False)


@contextmanager
def calling(call):
    """Let ``current`` tell of ``call`` inside."""
    token = _call.set(call)
    try:
        yield
    finally:
        _call.reset(token)


def current():
    """Return the Call that is going on, or None."""
    return _call.get()


def keep_refusal(error):
    """Remember why this call, or this request, is not looked at: what calls us may hide it."""
    if _call.get():
        _call.get().told["refusal"] = error
    if request:
        request.ipai_refusal = error


def keep_person():
    """Remember that whoever calls is known."""
    if _call.get():
        _call.get().told["person"] = True


def address():
    """Return the network address of whoever is calling, or an empty text."""
    if request:
        return request.httprequest.remote_addr or ""
    return _call.get().address if _call.get() else ""


def keep_scope(cursor, scope):
    """Narrow the rest of the cursor's transaction to a KeyScope."""
    vars(cursor)[SCOPE] = scope


def keep_used(cursor):
    """Remember that some key was shown, one of ours or of Odoo's."""
    vars(cursor)[USED] = True


def scope(env):
    """Return the KeyScope in whose name ``env``'s user acts, or None."""
    held = vars(env.cr).get(SCOPE)
    return held if held and held.user_id == env.uid else None


def is_by_key(env):
    """Say whether this transaction began with a key instead of a session."""
    return bool(vars(env.cr).get(USED) or vars(env.cr).get(SCOPE))
