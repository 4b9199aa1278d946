"""What the product does, and what it refuses, as rows of the audit trail."""

from odoo import api, models
from odoo.exceptions import AccessError

from ...authentication.asks_again import asks_again


class Run(models.Model):
    _inherit = "ops.run"

    @api.model
    def _queue(self, environment, kind, trigger, ref, commit, **options):
        run = super()._queue(environment, kind, trigger, ref, commit, **options)
        facts = {"run": run.id, "kind": kind, "trigger": trigger, "commit": commit or ""}
        if options.get("retry_of"):
            facts["retry_of"] = options["retry_of"].id
        self.env["ops.audit"]._note("run.queued", run, **facts)
        return run

    def _request_cancel(self):
        for run in self:
            self.env["ops.audit"]._note("run.cancel_requested", run, kind=run.kind)
        return super()._request_cancel()

    def _finish(self, state, at):
        result = super()._finish(state, at)
        outcome = "failed" if state == "failed" else "done"
        self.env["ops.audit"]._note("run.finished", self, state=state, outcome=outcome)
        return result

    def _check_may(self, permission):
        with refusals_kept(self, permission):
            return super()._check_may(permission)


class Project(models.Model):
    _inherit = "ops.project"

    def _check_may(self, permission, stage=None):
        with refusals_kept(self, permission):
            return super()._check_may(permission, stage)

    @asks_again  # what was only asked was not shown
    def action_new_webhook_secret(self):
        shown = super().action_new_webhook_secret()
        self.env["ops.audit"]._note("secret.shown", self, name="webhook secret")
        return shown


class Environment(models.Model):
    _inherit = "ops.environment"

    def _check_may(self, permission):
        with refusals_kept(self, permission):
            super()._check_may(permission)
            self._check_second_factor(permission)

    @asks_again  # what was only asked was not shown
    def action_show_admin_password(self):
        shown = super().action_show_admin_password()
        self.env["ops.audit"]._note("secret.shown", self, name="admin password")
        return shown


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


class IrModelAccess(models.Model):
    _inherit = "ir.model.access"

    def _make_access_error(self, model, mode):
        error = super()._make_access_error(model, mode)
        return _kept(self.env.get(model), mode, error)


class IrRule(models.Model):
    _inherit = "ir.rule"

    def _make_access_error(self, operation, records):
        return _kept(records, operation, super()._make_access_error(operation, records))


def _kept(records, operation, error):
    if records is not None and records._name.startswith("ops."):
        error.is_in_audit = True
        facts = {"operation": operation, "outcome": "refused"}
        records.env["ops.audit"]._note_apart("access.refused", records[:1], **facts)
    return error
