"""What the product refuses, as rows of the audit trail."""

from odoo import models
from odoo.exceptions import AccessError


class refusals_kept:
    """A refusal inside is written down in a transaction of its own, and raised on."""

    def __init__(self, records, permission):
        self.records = records
        self.permission = permission

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _traceback):
        if kind and issubclass(kind, AccessError) and not getattr(error, "is_in_audit", False):
            error.is_in_audit = True  # one refusal is one row, however many ask
            audit = self.records.env["ops.audit"]
            facts = {"permission": self.permission, "outcome": "refused"}
            audit._note_apart("access.refused", self.records[:1], **facts)


def kept(records, mode, error):
    """Write down that Odoo refuses ``mode`` on records of ours; return the error."""
    if records is not None and records._name.startswith("ops."):
        error.is_in_audit = True
        facts = {"operation": mode, "outcome": "refused"}
        records.env["ops.audit"]._note_apart("access.refused", records[:1], **facts)
    return error


class IrModelAccess(models.Model):
    _inherit = "ir.model.access"

    def _make_access_error(self, model, mode):
        return kept(self.env.get(model), mode, super()._make_access_error(model, mode))
