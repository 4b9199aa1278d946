"""Where n8n calls: JSON in, JSON out, a scoped key, each call once."""

import json

from odoo import http
from odoo.http import request

LONGEST_BODY = 256 * 1024


class Inbound(http.Controller):
    @http.route(
        "/ipai/n8n/v1/<string:action>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
    )
    def call(self, action):
        """Check the key and the form of the call, hand it over, answer."""
        said = request.httprequest
        if said.mimetype != "application/json":
            return _json(415, {"error": "Send application/json."})
        if (said.content_length or 0) > LONGEST_BODY:
            return _json(413, {"error": "The message is too large."})
        kind, _, token = said.headers.get("Authorization", "").partition(" ")
        token = token.strip()
        calls = request.env["ipai.n8n.call"]
        owner = calls._owner(token) if token and kind.lower() == "bearer" else None
        if not owner:
            return _json(401, {"error": "The key is not known, or its time is over."})
        try:
            payload = json.loads(said.get_data() or b"{}", parse_constant=_refuse)
        except (ValueError, RecursionError):
            return _json(400, {"error": "The body is no JSON."})
        if not isinstance(payload, dict):
            return _json(400, {"error": "The body must be a JSON object."})
        key = said.headers.get("Idempotency-Key", "")
        return _json(*calls.with_user(owner)._answer(action, key, payload))


def _refuse(word):
    """JSON has no NaN and no Infinity, though Python reads them."""
    raise ValueError(word)


def _json(status, answer):
    return request.make_json_response(answer, status=status)
