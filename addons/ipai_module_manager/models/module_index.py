"""The Python package index modules come from: where it is, and how it answered last."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

RETRY_AFTER = timedelta(hours=24)


class ModuleIndex(models.Model):
    _name = "ipai.module.index"
    _description = "Package index"

    name = fields.Char(required=True, default="Package index")
    url = fields.Char(
        string="Address",
        groups="ipai_ops.group_manager",
        help="Of its simple repository API, ending in /simple. Empty: the one pip uses on this server.",
    )
    state = fields.Selection(
        [("unknown", "Not asked yet"), ("well", "Well"), ("unwell", "Does not answer")],
        default="unknown",
        required=True,
        readonly=True,
    )
    said = fields.Char(string="Answered", readonly=True)
    checked_at = fields.Datetime(readonly=True)
    refreshed_at = fields.Datetime(string="List read at", readonly=True)
    reads_ahead = fields.Boolean(
        string="Read every module's details",
        help="In the background, twenty at a turn; otherwise details are read when somebody asks.",
    )
    etag = fields.Char(readonly=True)
    package_count = fields.Integer(string="Modules", compute="_compute_package_count")

    @api.constrains("url")
    def _check_url(self):
        for one in self:
            if one.url and not one.url.startswith(("https://", "http://")):
                raise ValidationError(self.env._("The address begins with https:// or http://."))

    def _compute_package_count(self):
        offered = [("is_addon", "=", True), ("is_listed", "=", True)]
        self.package_count = self.env["ipai.module.package"].search_count(offered)

    def action_test(self):
        """Ask the index for one small page; the answer shows here."""
        return self._ask("test")

    def action_refresh(self):
        """Read the index's list of modules into the catalogue."""
        return self._ask("names")

    def action_view_packages(self):
        """Open the catalogue."""
        self.check_access("read")
        return self.env["ir.actions.act_window"]._for_xml_id(
            "ipai_module_manager.module_package_action"
        )

    def _ask(self, kind):
        self.check_access("read")
        if not self.env.user.has_group("ipai_ops.group_manager"):
            raise AccessError(self.env._("Only managers look after the package index."))
        self.env["ipai.module.order"]._place(kind)
        return True

    @api.model
    def _the_one(self):
        return self.env.ref("ipai_module_manager.index", raise_if_not_found=False) or self.search(
            [], limit=1
        )

    def _note(self, is_well, said):
        """Remember how the index answered."""
        state = "well" if is_well else "unwell"
        self.write({"state": state, "said": said, "checked_at": fields.Datetime.now()})

    @api.model
    def _cron_refresh(self):
        """Read the list anew once a day, where somebody has read it before."""
        if self._the_one().refreshed_at:
            self.env["ipai.module.order"]._place("names")

    @api.model
    def _cron_work(self):
        """Ask the index and write to repositories; called by the scheduler."""
        from .. import driver

        driver.work(self.env)
