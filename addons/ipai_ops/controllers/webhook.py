"""The forges' way in: a raw JSON message, signed, at most one megabyte."""

import json
import secrets

from odoo import SUPERUSER_ID, http
from odoo.http import request

from ..engine import webhooks
from ..http.too_many import TooManyGuesses
from ..models.access.guess import HOOK

LARGEST_BODY = 1 << 20
NOBODYS_SECRET = secrets.token_hex(24)
GUESSABLE = 32  # a secret of fewer characters could be found by trying
ANYBODY = "*"


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
        """Answer 202 when the message was taken in, or was before; the run goes on by itself.

        A code that is nobody's is answered like a wrong signature.
        """
        refusal = self._unfit(request.httprequest)
        if refusal:
            return self._refuse(*refusal)
        # Forges have no user here: the signature proves who they are.
        project = self._env()["ops.project"].search([("code", "=", code)], limit=1)
        headers = {name.lower(): value for name, value in request.httprequest.headers.items()}
        body, forge = request.httprequest.get_data(), webhooks.forge_of(headers)
        secret = project.webhook_secret or NOBODYS_SECRET
        is_genuine = forge.verify(headers, body, secret) and bool(project)
        deliveries = self._env()["ops.webhook.delivery"]
        if not is_genuine or self._is_guessed(project, secret):
            return self._not_genuine(deliveries, project, forge, headers, body)
        return self._take(deliveries, project, forge, headers, body)

    def _not_genuine(self, deliveries, project, forge, headers, body):
        """Count it by the address it came from. Forges share theirs, so a genuine message still comes in."""
        guesses = request.env["ops.guess"]
        guesses._check(ANYBODY, HOOK)
        guesses._count(ANYBODY, HOOK)
        if project and len(project.webhook_secret or "") < GUESSABLE:
            guesses._count(project.code, HOOK)
        deliveries._note_refused(project, forge, headers, body)
        return self._refuse(401, "The signature does not match.")

    @staticmethod
    def _is_guessed(project, secret):
        """Say whether a right signature may be the end of many wrong ones: of a short secret only."""
        if len(secret) >= GUESSABLE:
            return False
        try:
            request.env["ops.guess"]._check(project.code, HOOK)
        except TooManyGuesses:
            return True
        return False

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
