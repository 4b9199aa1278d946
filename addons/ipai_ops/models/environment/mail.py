"""Mails that an environment sent and the catcher kept: how many stay, and the way to them."""

from odoo import api, fields, models

from ...engine.wording import size


class Environment(models.Model):
    _inherit = "ops.environment"

    mail_ids = fields.One2many("ops.mail", "environment_id", string="Caught mails")
    mail_count = fields.Integer(string="Mails caught", compute="_compute_mail_count")
    mail_keep_count = fields.Integer(
        string="Mails kept", default=500, help="The oldest go first; at least one is kept."
    )
    mail_keep_mb = fields.Integer(string="Mails kept (MB)", default=100)
    mail_kept = fields.Char(compute="_compute_mail_count")

    _mail_kept_sane = models.Constraint(
        "CHECK(mail_keep_count BETWEEN 1 AND 100000 AND mail_keep_mb BETWEEN 1 AND 10000)",
        "Keep between 1 and 100000 mails, and between 1 and 10000 MB.",
    )

    @api.depends("mail_ids", "mail_keep_count", "mail_keep_mb")
    def _compute_mail_count(self):
        rows = self.env["ops.mail"]._read_group(
            [("environment_id", "in", self.ids)],
            ["environment_id"],
            ["__count", "size_bytes:sum"],
        )
        found = {environment.id: (count, held) for environment, count, held in rows}
        for environment in self:
            count, held = found.get(environment._origin.id, (0, 0))
            environment.mail_count = count
            environment.mail_kept = self.env._(
                "%(count)s mails, %(size)s. The newest %(most)s are kept, %(mb)s MB at most.",
                count=count,
                size=size(held),
                most=environment.mail_keep_count,
                mb=environment.mail_keep_mb,
            )

    def action_view_mails(self):
        """Open the mails the environment sent."""
        self.ensure_one()
        self._check_may("logs")
        action = self.env["ir.actions.act_window"]._for_xml_id("ipai_ops.mail_action")
        return {**action, "domain": [("environment_id", "=", self.id)]}

    def action_clear_mails(self):
        """Delete every caught mail of the environment."""
        self.ensure_one()
        self._check_may("settings")
        self.sudo().mail_ids.unlink()  # people read caught mails, and change none
        return True

    def _make_room_for_mail(self):
        """Let the oldest mails go that are too many or too big; the newest stays."""
        for environment in self.sudo():  # whoever changes the limit
            held, limit = 0, environment.mail_keep_mb << 20
            mails = environment.mail_ids.search([("environment_id", "=", environment.id)])
            over = mails[environment.mail_keep_count :]
            for place, mail in enumerate(mails[: environment.mail_keep_count]):
                held += mail.size_bytes
                if held > limit and place:
                    over |= mail
            over.unlink()
