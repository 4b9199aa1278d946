"""What is sent to a model or a route of ours in a wrong form is answered with a sentence, never with 500."""

from odoo import models
from odoo.http import request

from ...engine import call_values
from ...http import call_guard

TOO_DEEP = "The body is nested too deeply."
HALF_CHARACTER = "A text holds half a character (a lone surrogate)."


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _dispatch(cls, endpoint):
        if _only_asks_for_methods():
            return request.make_response("", status=204)
        call = call_guard.of_request(request)
        if not call:
            return super()._dispatch(endpoint)
        diagnose, ids = call
        with call_guard.refusing(diagnose, sees_ids=ids):
            answer = super()._dispatch(endpoint)
            if not request.env.cr.closed:
                request.env.cr.flush()  # what the database refuses is noticed here, not later
            return answer

    @classmethod
    def _serve_fallback(cls):
        if call_values.unclean(request.httprequest.path):  # no attachment has such an address
            return None
        return super()._serve_fallback()

    @classmethod
    def _handle_error(cls, exception):
        refusal = _refusal(exception)
        if refusal:
            exception.loglevel = refusal.loglevel
            return super()._handle_error(refusal)
        try:
            return super()._handle_error(exception)
        except UnicodeEncodeError:  # the error repeats half a character that was sent
            return super()._handle_error(call_guard.CallRefused(HALF_CHARACTER))


def _only_asks_for_methods():
    """Say whether OPTIONS was sent to a route of ours: Odoo would call it, and ask for no CSRF token."""
    message = request.httprequest
    return message.method == "OPTIONS" and message.path.startswith(call_guard.OUR_PATHS)


def _refusal(exception):
    """Return what is said instead of an error that is about the bytes that were sent, or that would be."""
    if isinstance(exception, RecursionError) and _is_of_json(exception):
        return call_guard.CallRefused(TOO_DEEP)
    if isinstance(exception, UnicodeEncodeError) and not call_guard.is_ours(exception):
        return call_guard.CallRefused(HALF_CHARACTER)
    return None


def _is_of_json(exception):
    """Say whether the error came while a body was read."""
    place = exception.__traceback__
    while place and place.tb_next:
        place = place.tb_next
    return bool(place) and place.tb_frame.f_globals.get("__name__", "").startswith("json")
