"""Lets in requests that Slack signed, and nothing else: the signature is over the raw body."""

import time

from werkzeug.exceptions import LengthRequired, RequestEntityTooLarge, Unauthorized

from odoo import SUPERUSER_ID, models
from odoo.http import request

from ..engine import signature

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
        request.ipai_slack = {"workspaces": genuine, "key": signature.replay_key(headers, body)}
        cls._auth_method_public()
