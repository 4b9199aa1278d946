"""The audit trail's owner: a role that nobody logs in as, so that Odoo's role cannot touch what is written."""

import getpass

from . import postgres

FILES = (
    "audit_owner",
    "ed25519",
    "audit_tables",
    "audit_functions",
    "audit_grants",
    "audit_views",
)


def statements(checkout, role):
    """The SQL that gives the trail its owner and leaves `role` what it needs; again is as good as once."""
    folder = checkout / "addons/ipai_ops/sql"
    texts = [(folder / f"{name}.sql").read_text(encoding="utf-8") for name in FILES]
    return "\n".join([f"SET ipai.odoo_role = '{role}';", *texts])


def hand_over(commands, settings, database):
    """Make the trail's tables in `database`, or take them over; Odoo may be installed in it or not."""
    text = statements(settings.checkout, getpass.getuser())
    why = f"The audit trail of {database} could not be given an owner of its own"
    postgres.run_sql(commands, settings, database, text, why)
