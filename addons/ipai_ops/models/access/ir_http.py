"""What every request keeps to: it came past the door, a key is watched, a wrong form is answered in a sentence."""

from contextlib import nullcontext

from werkzeug.exceptions import HTTPException, ServiceUnavailable, Unauthorized

from odoo import models
from odoo.http import request

from ...authentication import api_call
from ...engine import call_values
from ...http import call_guard
from ...http.front_door import PASSED
from ...http.too_many import TooManyGuesses

TOO_DEEP = "The body is nested too deeply."
HALF_CHARACTER = "A text holds half a character (a lone surrogate)."


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _match(cls, path_info):
        """Answer nobody who came in before the door was put up: the process has just begun."""
        if PASSED not in request.httprequest.environ:
            raise ServiceUnavailable("This Odoo is starting. Try again.", retry_after=1)
        return super()._match(path_info)

    @classmethod
    def _auth_method_bearer(cls):
        """Look at the key that came with the call; wrong ones are counted, and ours may be shown here."""
        has_key = "Authorization" in request.httprequest.headers
        guesses = request.env["ops.guess"]
        watched = guesses._watched(wrong=Unauthorized) if has_key else nullcontext()
        with watched, api_call.calling(api_call.Call(api_call.address())):
            super()._auth_method_bearer()

    @classmethod
    def _pre_dispatch(cls, rule, args):
        super()._pre_dispatch(rule, args)
        if request.env.uid and api_call.scope(request.env):
            keys = request.env["ops.api.key"]
            model = args.get("__model__", request.httprequest.path)
            keys._check_call(model, args.get("__method__", ""))

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
    def _post_dispatch(cls, response):
        """A page that tells of too many tries says so in its status, too."""
        super()._post_dispatch(response)
        refusal = getattr(request, "ipai_refusal", None)
        if refusal:
            _say_when(response, refusal)

    @classmethod
    def _handle_error(cls, exception):
        """Answer a failed request: in a sentence where what was sent is wrong, and when to come again."""
        refusal = _refusal(exception)
        if refusal:
            exception.loglevel = refusal.loglevel
            return super()._handle_error(refusal)
        try:
            response = super()._handle_error(exception)
        except UnicodeEncodeError:  # the error repeats half a character that was sent
            return super()._handle_error(call_guard.CallRefused(HALF_CHARACTER))
        if isinstance(exception, TooManyGuesses):
            _say_when(response, exception)
        return response


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


def _say_when(response, refusal):
    if isinstance(response, HTTPException):
        response.retry_after = refusal.wait_seconds
        return
    response.status_code = refusal.http_status
    response.headers["Retry-After"] = str(refusal.wait_seconds)
