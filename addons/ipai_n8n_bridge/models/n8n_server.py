"""One n8n: where it is, its key, whether it is well, and until when it is spared."""

import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.ipai_ops.models.secrets.encrypted import encrypted
from odoo.exceptions import AccessError, UserError, ValidationError

from ..engine.circuit import Circuit

KEY_SCOPE = "ipai.n8n"
KEY_DAYS = 365
KEY_LOST_PAUSE = timedelta(minutes=5)


class N8nServer(models.Model):
    _name = "ipai.n8n.server"
    _description = "n8n server"
    _inherit = ["ops.encrypted.mixin"]
    _order = "name"

    name = fields.Char(required=True, default="n8n")
    active = fields.Boolean(default=True)
    url = fields.Char(string="Address", required=True, help="For instance https://n8n.example.com")
    api_key = encrypted(fields.Char, "api_key", goes_to=("url",))
    new_api_key = fields.Char(
        string="API key",
        compute="_compute_new_api_key",
        inverse="_inverse_new_api_key",
        help="Made in n8n under Settings › n8n API. Kept here, shown to nobody.",
    )
    has_api_key = fields.Boolean("A key is kept", compute="_compute_has_api_key")
    signing_secret = encrypted(fields.Char, "signing_secret", goes_to=("url",))
    health = fields.Selection(
        [("unknown", "Not asked yet"), ("well", "Well"), ("unwell", "Not well")],
        default="unknown",
        readonly=True,
        required=True,
    )
    health_said = fields.Char("Answer", readonly=True)
    checked_at = fields.Datetime(readonly=True)
    failures = fields.Integer(string="Failures in a row", readonly=True)
    open_until = fields.Datetime(string="Spared until", readonly=True)
    subscription_ids = fields.One2many("ipai.n8n.subscription", "server_id")
    workflow_ids = fields.One2many("ipai.n8n.workflow", "server_id")
    order_ids = fields.One2many("ipai.n8n.order", "server_id")
    waiting_count = fields.Integer(compute="_compute_counts")
    dead_count = fields.Integer(compute="_compute_counts")

    @api.constrains("url")
    def _check_url(self):
        for server in self:
            if not (server.url or "").startswith(("http://", "https://")):
                raise ValidationError(self.env._("The address begins with https:// or http://."))
            self.env["ops.project"]._refuse_inside(server.url, self.env._("The address of n8n"))

    @api.model_create_multi
    def create(self, vals_list):
        servers = super().create(vals_list)
        for server in servers.sudo():  # nobody may write the secret
            server.signing_secret = server.signing_secret or secrets.token_urlsafe(32)
        return servers

    def _forget(self, names):
        """Another n8n gets a signing secret of its own, and nothing that was asked of the old one."""
        super()._forget(names)
        own = self.sudo()  # nobody may write the secret
        if "signing_secret" in names:
            own.signing_secret = secrets.token_urlsafe(32)
            said = self.env._("The server's address was changed: ask again.")
            for order in own.order_ids.filtered(lambda one: one.state == "waiting"):
                order._close(False, said)
                order.payload = False  # it may hold secrets

    def _compute_new_api_key(self):
        self.new_api_key = False

    def _inverse_new_api_key(self):
        for server in self.filtered("new_api_key"):
            server.sudo().api_key = server.new_api_key.strip()  # the field is closed to everyone

    @api.depends("sealed_values")
    def _compute_has_api_key(self):
        for server in self:
            server.has_api_key = server._has_sealed("api_key")

    def _compute_counts(self):
        deliveries = self.env["ipai.n8n.delivery"]
        counts = {
            (server.id, state): count
            for server, state, count in deliveries._read_group(
                [("server_id", "in", self.ids)], ["server_id", "state"], ["__count"]
            )
        }
        for server in self:
            server.waiting_count = counts.get((server.id, "waiting"), 0)
            server.dead_count = counts.get((server.id, "dead"), 0)

    def action_test(self):
        """Ask n8n whether it is there and the key works; the answer comes as a notice."""
        return self._ask("test")

    def action_refresh(self):
        """Read the list of workflows from n8n."""
        return self._ask("refresh")

    def action_import(self):
        """Open the choice of the shipped workflows."""
        self.ensure_one()
        self._check_is_manager()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import workflows"),
            "res_model": "ipai.n8n.import",
            "view_mode": "form",
            "target": "new",
            "context": {"default_server_id": self.id},
        }

    def action_new_secret(self):
        """Make a new signing secret and show it once; workflows need it from now on."""
        self.ensure_one()
        self._check_is_manager()
        secret = secrets.token_urlsafe(32)
        self.sudo().signing_secret = secret  # the field is closed to everyone
        return self._shown_once(self.env._("Signing secret of %s", self.name), secret)

    def action_new_key(self):
        """Make a key with which n8n may call the suite as you, and show it once."""
        self.ensure_one()
        self._check_is_manager()
        return self._shown_once(self.env._("Key for %s, acts as you", self.name), self._new_key())

    def action_view_deliveries(self):
        """Open what was sent and what waits."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ipai_n8n_bridge.n8n_delivery_action"
        )
        chosen = self.env.context.get("deliveries")  # the button says which ones it counts
        context = {f"search_default_{chosen}": 1} if chosen in ("waiting", "dead") else {}
        return {**action, "domain": [("server_id", "in", self.ids)], "context": context}

    def _new_key(self):
        """Return a key of the current user that opens the bridge's calls and nothing else."""
        longest = max(self.env.user.all_group_ids.mapped("api_key_duration"), default=0)
        days = KEY_DAYS if self.env.is_system() else min(KEY_DAYS, longest or 1)  # Odoo's limit
        until = fields.Datetime.now() + timedelta(days=days)
        keys = self.env["res.users.apikeys"]
        return keys._generate(KEY_SCOPE, f"n8n: {self.name}", until)

    def _ask(self, kind, **payload):
        self._check_is_manager()
        for server in self:
            self.env["ipai.n8n.order"]._place(server, kind, **payload)
        return True

    def _check_is_manager(self):
        self.check_access("read")
        if not self.env.user.has_group("ipai_ops.group_manager"):
            raise AccessError(self.env._("Only managers look after n8n."))

    def _shown_once(self, title, text):
        params = {"title": title, "message": text, "sticky": True, "type": "warning"}
        return {"type": "ir.actions.client", "tag": "display_notification", "params": params}

    def _webhook_url(self, path):
        return f"{self.url.rstrip('/')}/webhook/{(path or '').strip('/')}"

    @api.model
    def _spare_where_the_key_is_lost(self):
        """Send nothing, and lose nothing, where the signing secret cannot be opened."""
        for server in self.search([]):
            try:
                server.signing_secret  # noqa: B018 (whether it opens is asked)
            except UserError as error:
                until = fields.Datetime.now() + KEY_LOST_PAUSE
                said = {"health": "unwell", "health_said": str(error)}
                server.write({**said, "open_until": until})

    def _circuit(self):
        return Circuit(self.failures, self.open_until or None)

    def _may_send(self, now):
        return self.active and self._circuit().may_try(now)

    def _note_try(self, is_well, now):
        after = self._circuit().after(is_well, now)
        if (self.failures, self.open_until or None) != (after.failures, after.open_until):
            self.write({"failures": after.failures, "open_until": after.open_until or False})

    @api.ondelete(at_uninstall=False)
    def _unlink_without_waiting(self):
        for server in self.filtered("waiting_count"):
            count = server.waiting_count
            raise UserError(self.env._("%s deliveries wait for this server; archive it.", count))

    @api.model
    def _cron_work(self):
        """Carry facts to n8n; called by the scheduler."""
        from .. import driver

        driver.work(self.env)
