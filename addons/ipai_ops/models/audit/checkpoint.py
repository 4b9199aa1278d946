"""Signed statements about the audit trail, its verification and its retention."""

import json
import logging
from datetime import UTC, datetime, timedelta
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...engine import audit_chain
from ..key_file import key_file
from . import tables as audit_tables
from .audit import seal_now

_logger = logging.getLogger(__name__)

FETCH = 20_000
LAST = 2**62
UNSEALED_MINUTES = 10
STATEMENTS = "audit-checkpoints.jsonl"
KEEP_DAYS = "ipai_ops.audit_keep_days"
SHORTEST_DAYS = 30


class AuditCheckpoint(models.Model):
    _name = "ops.audit.checkpoint"
    _description = "Checkpoint of the audit trail"
    _product_written = True
    _order = "seq desc, id desc"
    _rec_name = "seq"
    _log_access = False
    _auto = False  # a view, like the rows

    seq = fields.Integer("Row", required=True, readonly=True)
    hash = fields.Char(required=True, readonly=True)
    at = fields.Char("Signed at", required=True, readonly=True)
    is_cut = fields.Boolean("Rows before it were deleted", readonly=True)
    signature = fields.Char(required=True, readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        raise UserError(self.env._("A checkpoint is signed by the product alone."))

    def write(self, vals):
        raise UserError(self.env._("A checkpoint cannot be changed."))

    def unlink(self):
        raise UserError(self.env._("A checkpoint cannot be deleted."))

    def _plain(self):
        return [
            audit_chain.Checkpoint(each.seq, each.hash, each.at, each.is_cut, each.signature)
            for each in self
        ]

    @api.model
    def _sign(self, seq, last_hash, is_cut=False):
        """Sign that row ``seq`` has this hash; delete up to it where it is a cut.

        Keeps the statement in a file as well. Return how many rows were deleted.
        """
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        key = self._key()
        statement = audit_chain.signed(key, seq, last_hash, at, is_cut)
        deleted = audit_tables.keep(self.env.cr, audit_chain.public_text(key), statement)
        self.env.cr.postcommit.add(partial(_keep, self._statements_path(), statement))
        return deleted

    @api.model
    def _key(self):
        """Return the signing key; made at its first use, outside the database."""
        file = key_file(self.env, "audit")
        text = file.read()
        if not text and self.search_count([], limit=1):
            raise UserError(
                self.env._(
                    "The key that signs the audit trail is gone: %s. Put it back from your backup "
                    "of keys; without it the trail can be read, but no longer be signed.",
                    file.path,
                )
            )
        if not text:
            file.add_key()
            text = file.read()
        return audit_chain.private_key(text)

    @api.model
    def _statements_path(self):
        return key_file(self.env, "audit").path.with_name(STATEMENTS)

    @api.model
    def _statements(self):
        """Return the checkpoints kept outside the database: they outlive a deletion inside it."""
        path = self._statements_path()
        if not path.is_file():
            return []
        lines = path.read_text(encoding="utf-8").splitlines()
        return [audit_chain.Checkpoint(**json.loads(line)) for line in lines if line.strip()]


class Audit(models.Model):
    _inherit = "ops.audit"

    def action_verify(self):
        """Walk the whole chain and tell whether it holds, or the first row that does not."""
        self._check_reader()
        verdict = self._verify()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("Audit trail"),
                "message": self._verdict_text(verdict),
                "type": self._verdict_colour(verdict),
                "sticky": self._verdict_colour(verdict) != "success",
            },
        }

    def _verdict_colour(self, verdict):
        if not verdict.is_good:
            return "danger"
        return "warning" if self._ownership_warning() else "success"

    def _verdict_text(self, verdict):
        if not verdict.is_good:
            return verdict.problem
        whole = self.env._(
            "Whole: %(count)s rows, the last is row %(last)s.",
            count=verdict.count,
            last=verdict.last_seq,
        )
        return " ".join(filter(None, [whole, self._ownership_warning()]))

    @api.model
    def _ownership_warning(self):
        """Return what to know and do where Odoo's own role could change the trail, or nothing."""
        if audit_tables.is_apart(self.env.cr):
            return ""
        return self.env._(
            "The audit tables are owned by the role that Odoo uses in PostgreSQL, which could "
            "switch their protection off. Give them an owner of their own (docs/audit.md)."
        )

    @api.model
    def _verify(self):
        """Return the verdict on the chain as the database holds it now."""
        checkpoints = self.env["ops.audit.checkpoint"].sudo()  # read by those who may read rows
        signed = {*checkpoints.search([])._plain(), *checkpoints._statements()}
        public = audit_chain.public_text(checkpoints._key())
        verdict = audit_chain.verify(self._links(), signed, public)
        if verdict.is_good and (stray := self._stray()):
            said = f"The row with the id {stray} is in no chain: it was put in beside it."
            return audit_chain.Verdict(verdict.count, verdict.last_seq, verdict.last_hash, 0, said)
        return verdict

    @api.model
    def _links(self, after=0, last=None):
        """Yield the chain in its order, some thousands at a time: from behind a row to a row."""
        query = (
            f"SELECT link.seq, link.hash, {audit_tables.COLUMNS} FROM ipai_audit.ops_audit_link link "
            "LEFT JOIN ipai_audit.ops_audit audit ON audit.id = link.audit_id "
            "WHERE link.seq > %s AND link.seq <= %s ORDER BY link.seq LIMIT %s"
        )
        while True:
            self.env.cr.execute(query, [after, LAST if last is None else last, FETCH])
            rows = self.env.cr.fetchall()
            for seq, text, *values in rows:
                yield audit_chain.Link(seq, text, tuple(values) if values[0] else None)
            if len(rows) < FETCH:
                return
            after = rows[-1][0]

    @api.model
    def _stray(self):
        """Return the id of a row that should have been chained long ago, or None."""
        limit = fields.Datetime.now() - timedelta(minutes=UNSEALED_MINUTES)
        query = SQL(
            "SELECT audit.id FROM ipai_audit.ops_audit audit LEFT JOIN ipai_audit.ops_audit_link link "
            "ON link.audit_id = audit.id WHERE link.seq IS NULL AND audit.at < %s LIMIT 1",
            limit,
        )
        found = self.env.execute_query(query)
        return found[0][0] if found else None

    @api.model
    def _cron_seal(self):
        """Chain what is left, and sign the last row if it has not been signed."""
        seal_now(self.env.cr.dbname)
        seq, last_hash = audit_tables.head(self.env.cr)
        checkpoints = self.env["ops.audit.checkpoint"]
        if seq and not checkpoints.search_count([("seq", "=", seq)], limit=1):
            checkpoints._sign(seq, last_hash)

    @api.model
    def _cron_verify(self):
        """Verify the chain; managers are told when it does not hold, or could be changed."""
        self._tell_ownership()
        verdict = self._verify()
        if verdict.is_good:
            return
        _logger.error("The audit trail does not hold. %s", verdict.problem)
        managers = self.env.ref("ipai_ops.group_manager").all_user_ids
        self.env["mail.thread"].message_notify(
            partner_ids=managers.partner_id.ids,
            subject=self.env._("The audit trail does not hold"),
            body=verdict.problem,
        )

    @api.model
    def _tell_ownership(self):
        """Keep an alert open for as long as Odoo's own role could change the trail."""
        alert = self.env["ops.alert"]
        if warning := self._ownership_warning():
            name = self.env._("The audit trail is not out of Odoo's reach")
            alert._raise(None, "audit-owner", name, "warning", warning, "audit trail")
        else:
            alert._resolve(None, "audit-owner")

    @api.model
    def _cron_retention(self):
        """Delete rows older than the setting says, behind a signed cut."""
        days = int(self.env["ir.config_parameter"].sudo().get_param(KEEP_DAYS) or 0)
        if days >= SHORTEST_DAYS:
            self._cut(fields.Datetime.now() - timedelta(days=days))

    @api.model
    def _cut(self, before):
        """Delete the beginning of the chain up to its first row since ``before``."""
        query = SQL(
            "SELECT seq, hash FROM ipai_audit.ops_audit_link WHERE seq < COALESCE("
            "(SELECT min(link.seq) FROM ipai_audit.ops_audit_link link JOIN ipai_audit.ops_audit audit "
            "ON audit.id = link.audit_id WHERE audit.at >= %s), "
            "(SELECT max(seq) + 1 FROM ipai_audit.ops_audit_link)) ORDER BY seq DESC LIMIT 1",
            before,
        )
        found = self.env.execute_query(query)
        if not found:
            return 0
        return self.env["ops.audit.checkpoint"]._sign(*found[0], is_cut=True)


def _keep(path, statement):
    """Append a committed checkpoint to the file beside the key."""
    with path.open("a", encoding="utf-8") as out:
        out.write(json.dumps(statement.__dict__) + "\n")
