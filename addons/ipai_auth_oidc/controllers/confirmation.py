"""The person of a session that began at a provider is asked there again, and shows who they are."""

import time

from odoo.http import request

from ..models.session import CONFIRMED_KEY, SECOND_FACTOR_KEY
from ..protocol.refusal import Refused


def shown_again(provider, login, answer):
    """Note in the browser's session that its person is there; return the way back. Raise Refused."""
    # Nobody may read sessions; this is the browser's own.
    session = request.env["ipai.oidc.session"].sudo()._of_browser()
    if session.id != login["session_id"] or session.user_id.id != request.session.uid:
        raise Refused("unknown_state", "the session that asked is over")
    proof = provider._prove_again(session, login, answer)
    request.session[CONFIRMED_KEY] = time.time()
    keep_second_factor(session.user_id, proof)
    return request.redirect(login["landing"], 303)


def keep_second_factor(user, proof):
    """Remember whose second factor the provider proved, and when, where it proved one."""
    if proof.has_second_factor:
        now = time.time()
        at = min(proof.shown_at or now, now)
        request.session[SECOND_FACTOR_KEY] = {"user": user.id, "at": at}
