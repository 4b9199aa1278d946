from . import models
from . import steps
from . import wizards


def uninstall_hook(env):
    """Take the forges' tokens along: they are kept among the projects' own secrets."""
    env.cr.execute(
        "UPDATE ops_project SET sealed_values = sealed_values - 'forge_token'"
        " WHERE jsonb_typeof(sealed_values) = 'object'"
    )
