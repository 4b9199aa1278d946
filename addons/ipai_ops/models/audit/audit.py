"""What happened, by whom, from where: rows that are written once and chained by hash."""

import json
import logging
from functools import partial

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.http import request
from odoo.sql_db import PoolError, db_connect
from odoo.tools import SQL

from ...authentication import api_call
from ...engine.audit_chain import FIELDS
from . import tables as audit_tables

_logger = logging.getLogger(__name__)

OUTCOMES = [("done", "Done"), ("refused", "Refused"), ("failed", "Failed")]
WRITTEN = tuple(name for name in FIELDS if name not in ("id", "at"))
INSERT = (
    f"INSERT INTO ops_audit ({', '.join(WRITTEN)}) "
    f"VALUES ({', '.join(f'%({name})s' for name in WRITTEN)})"
)
LATELY = (
    "SELECT 1 FROM ops_audit WHERE action = 'api_key.used' AND user_id = %s AND address = %s "
    "AND at > (now() AT TIME ZONE 'UTC') - interval '1 hour' LIMIT 1"
)


class Audit(models.Model):
    _name = "ops.audit"
    _description = "Audit trail"
    _product_written = True
    _order = "id desc"
    _rec_name = "action"
    _log_access = False
    _auto = False  # a view: the table belongs to another role than Odoo's (audit_tables.py)

    at = fields.Datetime("When", required=True, readonly=True)
    user_id = fields.Integer("User's id", readonly=True)
    login = fields.Char("Who", readonly=True)
    via = fields.Char(readonly=True, help="Web, API key, webhook or schedule.")
    address = fields.Char("From", readonly=True, help="The network address it came from.")
    action = fields.Char(required=True, readonly=True)
    outcome = fields.Selection(OUTCOMES, required=True, readonly=True)
    res_model = fields.Char("Model", readonly=True)
    res_id = fields.Many2oneReference("Record's id", model_field="res_model", readonly=True)
    record_name = fields.Char("On", readonly=True)
    # Numbers, not relations: a row stays as it is when what it tells of is deleted.
    project_id = fields.Integer("Project's id", readonly=True, aggregator=False)
    environment_id = fields.Integer("Environment's id", readonly=True, aggregator=False)
    details = fields.Text(readonly=True)
    number = fields.Integer("Row", compute="_compute_chain")
    chain_hash = fields.Char("Hash", compute="_compute_chain")

    def init(self):
        super().init()
        audit_tables.create(self.env.cr)

    def _compute_chain(self):
        query = SQL(
            "SELECT audit_id, seq, hash FROM ipai_audit.ops_audit_link WHERE audit_id IN %s",
            tuple(self.ids or [0]),
        )
        links = {audit_id: (seq, text) for audit_id, seq, text in self.env.execute_query(query)}
        for row in self:
            row.number, row.chain_hash = links.get(row.id, (0, False))

    @api.model_create_multi
    def create(self, vals_list):
        raise UserError(self.env._("The audit trail is written by the product alone."))

    def write(self, vals):
        raise UserError(self.env._("The audit trail cannot be changed."))

    def unlink(self):
        raise UserError(self.env._("The audit trail cannot be deleted."))

    @api.model
    def _note(self, action, record=None, **details):
        """Write down that ``action`` happened to ``record``, in this transaction.

        ``details``: plain JSON, never a secret; ``outcome=`` done (default), refused or failed.
        """
        _insert(self.env.cr, self._values(action, record, details))

    @api.model
    def _note_apart(self, action, record=None, **details):
        """Write it down in a transaction of its own: it stays when this one is rolled back."""
        values = self._values(action, record, details)
        with db_connect(self.env.cr.dbname).cursor() as cursor:
            _insert(cursor, values)

    @api.model
    def _note_key_use(self, user, scope):
        """Write down that a key was used; a busy one is a row an hour and address."""
        values = self.with_user(user)._values("api_key.used", user, {"scope": scope})
        with db_connect(self.env.cr.dbname).cursor() as cursor:
            cursor.execute(LATELY, [user.id, values["address"]])
            if not cursor.fetchone():
                _insert(cursor, values)

    def _values(self, action, record, details):
        outcome = details.pop("outcome", "done")
        user = self.env.user
        values = {"user_id": user.id or 0, "login": user.sudo().login or "", "action": action}
        values |= {"outcome": outcome, "via": self._via(), "address": self._address()}
        values |= self._place(record)
        values["details"] = json.dumps(details, sort_keys=True, ensure_ascii=False, default=str)
        return values | {key: details[key] for key in ("login",) if key in details}

    def _via(self):
        held = api_call.scope(self.env)
        if held or api_call.is_by_key(self.env):
            return f"API key {held.name}" if held else "API key"
        if api_call.current():
            return "API"
        if not request:
            return "schedule" if self.env.uid == api.SUPERUSER_ID else "command"
        return "web" if request.session.uid else "outside"

    def _address(self):
        return api_call.address()

    def _place(self, record):
        """Return where it happened; a record's own name, whoever asks."""
        if not record:
            name = record._name if record is not None else ""
            return dict.fromkeys(("res_id", "project_id", "environment_id"), 0) | {
                "res_model": name,
                "record_name": "",
            }
        record = record.sudo()[:1]  # the trail tells the name, even to those who were refused
        known = record.exists()
        environment = (
            record if record._name == "ops.environment" else self._of(known, "environment_id")
        )
        project = record if record._name == "ops.project" else self._of(known, "project_id")
        project = project or self._of(environment, "project_id")
        return {
            "res_model": record._name,
            "res_id": record.id or 0,
            "record_name": known.display_name if known else "",
            "project_id": project.id if project else 0,
            "environment_id": environment.id if environment else 0,
        }

    @staticmethod
    def _of(record, name):
        return (
            record[name]
            if record and name in record._fields and record._fields[name].relational
            else None
        )

    @api.model
    def _check_reader(self):
        if not self.env.su and not self.env.user.has_group("ipai_ops.group_manager"):
            raise AccessError(self.env._("Only managers read the audit trail."))


def _insert(cursor, values):
    row = {name: _storable(values[name]) for name in WRITTEN}
    cursor.execute(INSERT, row)
    hooks = cursor.postcommit
    if not hooks.data.get("ipai_audit"):  # chained right after the commit, once
        hooks.data["ipai_audit"] = True
        hooks.add(partial(seal_now, cursor.dbname))


def _storable(value):
    """NUL cannot be stored in PostgreSQL's texts."""
    return value.replace("\0", "�") if isinstance(value, str) else value


def seal_now(database):
    """Chain what is committed, in a transaction of its own."""
    try:
        with db_connect(database).cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")  # sees the last sealer
            audit_tables.seal(cursor)
    except (psycopg2.Error, PoolError) as exc:
        _logger.info("The audit trail is chained at the scheduler's next round: %s", exc)
