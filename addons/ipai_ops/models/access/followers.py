"""Who follows what is known to those who may read what is followed."""

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain


class MailFollowers(models.Model):
    _inherit = "mail.followers"

    @api.model
    def _search(self, domain, *args, **kwargs):
        if not self.env.su:
            domain = Domain(domain) & self._of_what_may_be_read()
        return super()._search(domain, *args, **kwargs)

    def _check_access(self, operation):
        refused = super()._check_access(operation)
        if refused or self.env.su or not self.ids:
            return refused
        hidden = self - self.search([("id", "in", self.ids)])
        if not hidden:
            return None
        said = self.env._("You may not see who follows this.")
        return hidden, lambda: AccessError(said)

    @api.model
    def _of_what_may_be_read(self):
        """Return the domain without followers of records of ours that this person may not read."""
        ours = [name for name in self.env if self._is_ours(name)]
        parts = [Domain("res_model", "not in", ours)]
        for name in ours:
            model = self.env[name]
            ids = model.search([]).ids if model.has_access("read") else []
            parts.append(Domain("res_model", "=", name) & Domain("res_id", "in", ids))
        return Domain.OR(parts)

    def _is_ours(self, name):
        model = self.env[name]
        is_ours = name.startswith(("ops.", "ipai."))
        return is_ours and not model._abstract and hasattr(model, "message_follower_ids")
