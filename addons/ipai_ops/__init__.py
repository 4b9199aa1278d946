from . import controllers
from . import models
from . import wizards


def post_init_hook(env):
    """Know the set-up's database servers from the first moment on."""
    env["ops.database.server"]._sync_platform()
