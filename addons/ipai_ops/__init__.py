from . import controllers
from .http import dispatchers
from . import models
from . import wizards
from .http.front_door import put_up
from .models.audit import tables as audit_tables


def uninstall_hook(env):
    """Take the audit trail's own tables and our keys away; the models' tables go by themselves."""
    audit_tables.drop(env.cr)
    env.cr.execute("DELETE FROM res_users_apikeys WHERE scope = 'ipai_ops'")


def post_init_hook(env):
    """Know the set-up's database servers from the first moment on."""
    env["ops.database.server"]._sync_platform()
