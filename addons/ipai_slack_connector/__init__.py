from . import controllers
from . import models


def post_init_hook(env):
    """Begin to read the facts from now on."""
    env["ipai.slack.message"]._reader()
