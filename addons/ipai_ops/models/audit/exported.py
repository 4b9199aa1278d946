"""The audit trail as a signed export, whole or the rows of some days."""

from datetime import UTC, datetime

from odoo import api, models
from odoo.tools import SQL

from ...engine import audit_chain, audit_export
from . import tables as audit_tables


class Audit(models.Model):
    _inherit = "ops.audit"

    @api.model
    def _export(self, since=None, until=None):
        """Yield the trail as JSON lines, for safe-keeping and ``script/audit-verify``.

        ``since``, ``until``: times (UTC) where only the rows of some days are wanted.
        """
        checkpoints = self.env["ops.audit.checkpoint"].sudo()  # they belong to the export
        scope = self._scope(since, until)
        signed = [
            each
            for each in checkpoints.search([])._plain()
            if not scope.since or scope.first <= each.seq <= scope.last
        ]
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        links = self._links(scope.first - 1, scope.last)
        yield from audit_export.export_lines(checkpoints._key(), scope, signed, links, at)

    @api.model
    def _scope(self, since, until):
        """Return which rows those between two times are, and the hash of the row before them."""
        first, last = self._numbers(since, until)
        hashes = dict(
            self.env.execute_query(
                SQL(
                    "SELECT seq, hash FROM ipai_audit.ops_audit_link WHERE seq IN (%s, %s) "
                    "UNION SELECT seq, hash FROM ipai_audit.ops_audit_checkpoint "
                    "WHERE is_cut AND seq IN (%s, %s)",
                    *(first - 1, last, first - 1, last),
                )
            )
        )
        genesis = audit_chain.GENESIS
        before, end = hashes.get(first - 1, genesis), hashes.get(last, genesis)
        times = [str(time or "") for time in (since, until)]
        if until and not since:
            times[0] = "the beginning"
        return audit_export.Scope(first, before, last, end, *times)

    @api.model
    def _numbers(self, since, until):
        """Return the first and the last row between two times; (n + 1, n) where there is none."""
        found = self.env.execute_query(
            SQL(
                "SELECT min(link.seq), max(link.seq) FROM ipai_audit.ops_audit_link link "
                "JOIN ipai_audit.ops_audit audit ON audit.id = link.audit_id "
                "WHERE audit.at >= %s AND audit.at < %s",
                since or datetime.min,
                until or datetime.max,
            )
        )
        if found[0][0]:
            return found[0]
        last = audit_tables.head(self.env.cr)[0]
        return last + 1, last

    @api.model
    def _public_key(self):
        """Return the key by which anybody can verify an export; keep it elsewhere."""
        return audit_chain.public_text(self.env["ops.audit.checkpoint"]._key())
