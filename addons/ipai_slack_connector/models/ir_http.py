"""Lets in requests that Slack signed, and nothing else: the signature is over the raw body."""

import time

from werkzeug.exceptions import (
    BadRequest,
    LengthRequired,
    RequestEntityTooLarge,
    Unauthorized,
    UnsupportedMediaType,
)

from odoo import SUPERUSER_ID, models
from odoo.http import request

from ..engine import incoming, signature

LARGEST_BODY = 1 << 20


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _auth_method_ipai_slack(cls):
        """Accept a request signed by a connected workspace's app within five minutes.

        The body is read here, before it is taken apart as a form: then the bytes that were signed
        are still there.
        """
        message = request.httprequest
        if message.content_length is None:
            raise LengthRequired()
        if message.content_length > LARGEST_BODY:
            raise RequestEntityTooLarge()
        body = message.get_data()
        headers = {name.lower(): value for name, value in message.headers.items()}
        # Slack has no user here: the signature proves who it is.
        workspaces = request.env(user=SUPERUSER_ID, su=True)["ipai.slack.workspace"]
        signers = workspaces.search([]).filtered("signing_secret")
        genuine = [
            workspace.id
            for workspace in signers
            if signature.is_genuine(workspace.signing_secret, headers, body, time.time())
        ]
        if not genuine:
            raise Unauthorized("The signature does not match, or the request is too old.")
        key = signature.replay_key(headers, body)
        form = _form(request.httprequest, body)
        request.ipai_slack = {"workspaces": genuine, "key": key, "form": form}
        cls._auth_method_public()


def _form(message, body):
    """Return the fields of a signed form; what is in its address was not signed."""
    if message.mimetype != incoming.FORM:
        raise UnsupportedMediaType(f"Send {incoming.FORM}.")
    if message.query_string:
        raise BadRequest("Send the fields in the body alone: an address is not signed.")
    try:
        return incoming.fields(body)
    except incoming.Malformed as exc:
        raise BadRequest(str(exc)) from exc
