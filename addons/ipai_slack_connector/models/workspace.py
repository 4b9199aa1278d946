"""A Slack workspace the app is installed in: its secrets, its scopes, whether it works."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.ipai_ops.models.secrets.encrypted import encrypted
from odoo.exceptions import UserError, ValidationError

from ..engine import failures

SCOPES = (
    "chat:write",
    "commands",
    "users:read",
    "users:read.email",
    "channels:history",
    "groups:history",
)
SECRETS = ("bot_token", "signing_secret", "client_secret")
KEY_LOST_PAUSE = timedelta(minutes=5)
STATES = [
    ("draft", "Not connected"),
    ("connecting", "Connecting"),
    ("connected", "Connected"),
    ("broken", "Broken"),
]


class Workspace(models.Model):
    _name = "ipai.slack.workspace"
    _description = "Slack workspace"
    _inherit = ["ops.encrypted.mixin"]
    _order = "name, id"

    name = fields.Char(required=True, default="Slack")
    active = fields.Boolean(default=True)
    state = fields.Selection(STATES, default="draft", required=True, copy=False, readonly=True)
    said = fields.Text(
        string="What Slack said", copy=False, readonly=True, help="The last test or failure."
    )
    is_testing = fields.Boolean(copy=False, readonly=True)
    team_id = fields.Char(
        string="Workspace id", copy=False, help="Begins with T. Found out by the first test."
    )
    bot_user_id = fields.Char(copy=False, readonly=True)
    scopes = fields.Char(copy=False, readonly=True)
    missing_scopes = fields.Char(compute="_compute_missing_scopes")
    client_id = fields.Char(string="Client ID", copy=False)
    bot_token = encrypted(fields.Char, "bot_token", goes_to=("api_url",))
    signing_secret = encrypted(
        fields.Char, "signing_secret", goes_nowhere="It checks what Slack sends."
    )
    client_secret = encrypted(fields.Char, "client_secret", goes_to=("api_url",))
    new_bot_token = fields.Char(
        string="Bot token", compute="_compute_write_only", inverse="_inverse_secrets"
    )
    new_signing_secret = fields.Char(
        string="Signing secret", compute="_compute_write_only", inverse="_inverse_secrets"
    )
    new_client_secret = fields.Char(
        string="Client secret", compute="_compute_write_only", inverse="_inverse_secrets"
    )
    has_bot_token = fields.Boolean(compute="_compute_has_secrets")
    has_signing_secret = fields.Boolean(compute="_compute_has_secrets")
    has_client_secret = fields.Boolean(compute="_compute_has_secrets")
    api_url = fields.Char(
        string="API address",
        help="Blank: Slack's own. GovSlack and gateways have another, ending in /api/.",
    )
    command_url = fields.Char(string="Request URL of /ops", compute="_compute_urls")
    interaction_url = fields.Char(string="Interactivity URL", compute="_compute_urls")
    redirect_url = fields.Char(string="Redirect URL", compute="_compute_urls")
    install_state = fields.Char(groups=fields.NO_ACCESS, copy=False)
    install_code = encrypted(fields.Char, "install_code", goes_to=("api_url",))
    paused_until = fields.Datetime(copy=False, readonly=True)
    attempts = fields.Integer(copy=False, readonly=True)
    channel_ids = fields.One2many("ipai.slack.channel", "workspace_id")
    person_ids = fields.One2many("ipai.slack.person", "workspace_id")
    channel_count = fields.Integer(compute="_compute_counts")
    person_count = fields.Integer(compute="_compute_counts")

    _team_unique = models.UniqueIndex(
        "(team_id) WHERE team_id IS NOT NULL", "This Slack workspace is connected already."
    )

    @api.constrains("api_url")
    def _check_api_url(self):
        for workspace in self.filtered("api_url"):
            if not workspace.api_url.startswith(("https://", "http://127.0.0.1:")):
                raise ValidationError(
                    self.env._("The API address must begin with https://: a token travels there.")
                )
            what = self.env._("The API address")
            self.env["ops.project"]._refuse_inside(workspace.api_url, what)

    @api.depends("scopes")
    def _compute_missing_scopes(self):
        for workspace in self:
            granted = (workspace.scopes or "").split(",")
            missing = [scope for scope in SCOPES if scope not in granted]
            workspace.missing_scopes = ", ".join(missing) if workspace.scopes else False

    def _compute_write_only(self):
        for name in SECRETS:
            self[f"new_{name}"] = False

    def _inverse_secrets(self):
        for workspace in self:
            closed = workspace.sudo()  # nobody may read or write the fields themselves
            for name in SECRETS:
                given = (workspace[f"new_{name}"] or "").strip()
                if given:
                    closed[name] = given
                    closed._hope_again()
        self.invalidate_recordset([f"new_{name}" for name in SECRETS])

    def _forget(self, names):
        super()._forget(names)
        if "bot_token" in names:
            said = self.env._("The API address was changed: enter the token again.")
            self.sudo().write({"state": "draft", "said": said})  # the product's own fields

    @api.depends("sealed_values")
    def _compute_has_secrets(self):
        for workspace in self:
            for name in SECRETS:
                workspace[f"has_{name}"] = workspace._has_sealed(name)

    def _compute_urls(self):
        root = self.env["ops.edge"]._control_url()
        for workspace in self:
            workspace.command_url = f"{root}/ipai/slack/command"
            workspace.interaction_url = f"{root}/ipai/slack/interactive"
            workspace.redirect_url = f"{root}/ipai/slack/oauth"

    def _compute_counts(self):
        for name, model in (
            ("channel_count", "ipai.slack.channel"),
            ("person_count", "ipai.slack.person"),
        ):
            domain = [("workspace_id", "in", self.ids)]
            groups = self.env[model]._read_group(domain, ["workspace_id"], ["__count"])
            counts = {workspace.id: count for workspace, count in groups}
            for workspace in self:
                workspace[name] = counts.get(workspace.id, 0)

    def action_test(self):
        """Ask Slack whether the token works and which scopes it has; the answer appears here."""
        self.check_access("write")
        self.sudo().write({"is_testing": True, "said": self.env._("Asking Slack…")})
        self.env["ipai.slack.message"]._wake()
        return True

    def action_view_channels(self):
        """Open the workspace's channels."""
        return self._open_list("ipai_slack_connector.channel_action")

    def action_view_people(self):
        """Open the people who have acted from this workspace."""
        return self._open_list("ipai_slack_connector.person_action")

    def _open_list(self, action_id):
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(action_id)
        action["domain"] = [("workspace_id", "=", self.id)]
        action["context"] = {"default_workspace_id": self.id}
        return action

    def _test_calls(self):
        return [("auth.test", {})]

    def _take_test(self, outcomes):
        """Write down what a test found out, in sentences."""
        outcome = outcomes[-1]
        self.is_testing = False
        if outcome.ok:
            self.said = self._take_identity(outcome.data, outcome.scopes)
            return
        verdict = failures.verdict(outcome.error, outcome.status, outcome.retry_after)
        self.write({"state": "broken" if self.has_bot_token else "draft", "said": verdict.sentence})

    def _hope_again(self):
        """Try again what waited for a token or a scope."""
        self.write({"paused_until": False, "attempts": 0})
        if self.state == "broken":
            self.state = "connected"
        self.env["ipai.slack.message"]._wake()

    def _take_identity(self, data, scopes):
        """Remember who Slack says the token is; return a sentence."""
        facts = {"state": "connected", "attempts": 0, "paused_until": False}
        facts["bot_user_id"] = data.get("user_id") or data.get("bot_user_id")
        if data.get("team_id"):
            facts["team_id"] = data["team_id"]
        if scopes:
            facts["scopes"] = scopes
        self.write(facts)
        said = self.env._(
            "Slack knows the token: %(bot)s in %(team)s.",
            bot=f"@{data['user']}" if data.get("user") else self.env._("the app"),
            team=data.get("team") or self.name,
        )
        if self.missing_scopes:
            missing = self.env._("These scopes are missing: %s.", self.missing_scopes)
            hint = self.env._("Add them at “OAuth & Permissions”, then install the app again.")
            said = f"{said} {missing} {hint}"
        return said

    @api.model
    def _pause_where_the_key_is_lost(self):
        """Tell nothing, and lose nothing, where the token cannot be opened."""
        for workspace in self.search([]):
            try:
                workspace.bot_token  # noqa: B018 (whether it opens is asked)
            except UserError as error:
                until = fields.Datetime.now() + KEY_LOST_PAUSE
                workspace.write({"state": "broken", "said": str(error), "paused_until": until})

    def _break(self, verdict, wait_seconds):
        """Stop calling for a while: the token or the app is not what it must be."""
        until = fields.Datetime.now() + timedelta(seconds=wait_seconds)
        self.write({"state": "broken", "said": verdict.sentence, "paused_until": until})
