"""The forges' way in: a raw JSON message, signed, at most one megabyte."""

import json
import secrets

from odoo import SUPERUSER_ID, http
from odoo.http import request

from ..engine import webhooks

LARGEST_BODY = 1 << 20
NOBODYS_SECRET = secrets.token_hex(24)


class Webhook(http.Controller):
    @http.route(
        "/ipai/hook/<string:code>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
    )
    def receive(self, code):
        """Answer 202 when the message was taken in, or was before; the run goes on by itself."""
        refusal = self._unfit(request.httprequest)
        if refusal:
            return self._refuse(*refusal)
        # Forges have no user here: the signature proves who they are.
        project = self._env()["ops.project"].search([("code", "=", code)], limit=1)
        headers = {name.lower(): value for name, value in request.httprequest.headers.items()}
        body, forge = request.httprequest.get_data(), webhooks.forge_of(headers)
        is_genuine = forge.verify(headers, body, project.webhook_secret or NOBODYS_SECRET)
        if not project:
            return self._refuse(404, "There is no such project.")
        deliveries = self._env()["ops.webhook.delivery"]
        if not is_genuine:
            deliveries._note_refused(project, forge, headers, body)
            return self._refuse(401, "The signature does not match.")
        return self._take(deliveries, project, forge, headers, body)

    def _take(self, deliveries, project, forge, headers, body):
        try:
            delivery, is_new = deliveries._take(project, forge, headers, body)
        except webhooks.Malformed as exc:
            return self._refuse(400, str(exc))
        answer = {"delivery": delivery.delivery_id, "state": delivery.state}
        answer |= {"run": delivery.run_id.id or None, "reason": delivery.reason or None}
        if not is_new:
            answer["duplicate"] = True
        return self._answer(answer, 202)

    @staticmethod
    def _env():
        return request.env(user=SUPERUSER_ID, su=True)

    @staticmethod
    def _unfit(message):
        """Return why a message is refused before it is read, or None."""
        if message.content_length is None:
            return 411, "Send the message with its Content-Length."
        if message.content_length > LARGEST_BODY:
            return 413, f"The message is larger than {LARGEST_BODY} bytes."
        if message.mimetype != "application/json":
            return 415, "Send application/json: choose that content type at the forge."
        return None

    def _refuse(self, status, sentence):
        return self._answer({"error": sentence}, status)

    @staticmethod
    def _answer(data, status):
        headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
        return request.make_response(json.dumps(data), headers=headers, status=status)
