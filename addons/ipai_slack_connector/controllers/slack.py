"""Slack's way in: the command /ops, buttons and forms, and the way back from an installation."""

from werkzeug.exceptions import NotFound

from odoo import SUPERUSER_ID, http
from odoo.addons.ipai_ops.engine.webhooks import events, reading
from odoo.http import request

from .. import driver
from ..engine import command, incoming, interaction

SIGNED = {
    "type": "http",
    "auth": "ipai_slack",
    "methods": ["POST"],
    "csrf": False,
    "save_session": False,
}


class Slack(http.Controller):
    @http.route("/ipai/slack/command", **SIGNED)
    def command(self, **_given):
        """Take a slash command in; the answer follows at its response URL."""
        given = request.ipai_slack["form"]  # what was signed
        if given.get("ssl_check"):
            return self._answer("")
        text = given.get("text", "")
        read = command.parse(text)
        values = {"kind": "command", "action": read.verb, "words": text[:500]}
        values["channel"] = given.get("channel_id", "")
        if read.problem:
            values["action"] = "help"
        values["response_url"] = given.get("response_url") or False
        who = (given.get("team_id", ""), given.get("user_id", ""))
        return self._take(*who, values, given.get("trigger_id"))

    @http.route("/ipai/slack/interactive", **SIGNED)
    def interactive(self, **_given):
        """Take a pressed button or a filled form in."""
        text = request.ipai_slack["form"].get("payload", "")  # what was signed
        try:
            read = interaction.read(reading.load(text.encode()))
            incoming.check_interaction(read)
        except (events.Malformed, interaction.Malformed) as exc:
            return self._answer(str(exc), status=400)
        if read.kind == "other":
            return self._answer("")
        values = {"kind": read.kind, "action": read.action, "value": read.value}
        values |= {"answers": read.answers, "channel": read.channel}
        values["response_url"] = read.response_url or False
        return self._take(read.team, read.user, values, read.trigger_id)

    @http.route("/ipai/slack/oauth", type="http", auth="user", methods=["GET"], readonly=False)
    def oauth(self, code="", state="", error="", **_given):
        """Take the person back who let the app in; the token is had for the code right after."""
        number = state.partition(".")[0]
        workspaces = request.env["ipai.slack.workspace"]
        workspace = workspaces.browse(
            int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
        ).exists()
        if not workspace or not workspace.has_access("write"):
            raise NotFound()
        fits = workspace._take_code(state, code) if code and not error else False
        if not fits:
            said = workspace.env._("The installation was not finished: press “Connect” again.")
            workspace.sudo().said = said  # the field is the product's to write
        return request.redirect(f"/odoo/ops-slack/{workspace.id}")

    def _take(self, team, user, values, trigger):
        env = request.env(user=SUPERUSER_ID, su=True)  # the signature proves who asks
        workspace = self._workspace(env, team)
        if not workspace or not user:
            return self._answer("This workspace is not connected.", status=403)
        person = env["ipai.slack.person"]._of(workspace, user)
        values |= {"workspace_id": workspace.id, "person_id": person.id}
        taken = env["ipai.slack.request"]._take_in(request.ipai_slack["key"], values)
        if not taken:
            return self._answer("This request was received before.", status=409)
        form = taken._form() if trigger else None
        if form:
            driver.open_form(taken, form, trigger)
        else:
            taken._queue()
        return self._answer("")

    @staticmethod
    def _workspace(env, team):
        """Return the signer's workspace of that name; one not tested yet has no name so far."""
        signers = env["ipai.slack.workspace"].browse(request.ipai_slack["workspaces"])
        named = signers.filtered(lambda one: one.team_id == team)
        return (named or signers.filtered(lambda one: not one.team_id))[:1]

    @staticmethod
    def _answer(text, status=200):
        """An empty answer says “received”; the words come when the work is done."""
        headers = [("Cache-Control", "no-store"), ("Content-Type", "text/plain; charset=utf-8")]
        return request.make_response(text, headers=headers, status=status)
