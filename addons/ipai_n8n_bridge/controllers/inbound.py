"""Where n8n calls: JSON in, JSON out, a scoped key, each call once."""

from odoo import http
from odoo.addons.ipai_ops.engine.webhooks import events, reading
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
            payload = reading.load(said.get_data() or b"{}")
        except events.Malformed as error:
            return _json(400, {"error": str(error)})
        key = said.headers.get("Idempotency-Key", "")
        return _json(*calls.with_user(owner)._answer(action, key, payload))


def _json(status, answer):
    return request.make_json_response(answer, status=status)
