"""What every answer keeps to: whoever asks came past the door, and is told how long to wait."""

from werkzeug.exceptions import HTTPException, ServiceUnavailable

from odoo import models
from odoo.http import request

from ...http.front_door import PASSED
from ...http.too_many import TooManyGuesses


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _match(cls, path_info):
        """Answer nobody who came in before the door was put up: the process has just begun."""
        if PASSED not in request.httprequest.environ:
            raise ServiceUnavailable("This Odoo is starting. Try again.", retry_after=1)
        return super()._match(path_info)

    @classmethod
    def _handle_error(cls, exception):
        response = super()._handle_error(exception)
        if isinstance(exception, TooManyGuesses):
            _say_when(response, exception)
        return response

    @classmethod
    def _post_dispatch(cls, response):
        """A page that tells of too many tries says so in its status, too."""
        super()._post_dispatch(response)
        refusal = getattr(request, "ipai_refusal", None)
        if refusal:
            _say_when(response, refusal)


def _say_when(response, refusal):
    if isinstance(response, HTTPException):
        response.retry_after = refusal.wait_seconds
        return
    response.status_code = refusal.http_status
    response.headers["Retry-After"] = str(refusal.wait_seconds)
