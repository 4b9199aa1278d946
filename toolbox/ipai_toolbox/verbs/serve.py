"""Becomes the target's Odoo server: same command line rules as every other run of Odoo."""

import os
import sys

from ..bus_database import bus_variables
from ..container import become, die_first, refuse_hidden_folders
from ..odoo_command import odoo_program, odoo_user, own_data_folder, path_options
from ..outcome import Failure
from ..places import Places, places_from
from ..way_out import proxy_variables


def main(environ=os.environ) -> int:
    """Replaces this process by Odoo; comes back only when that is not possible."""
    places = places_from(environ)
    try:
        refuse_hidden_folders()
        command = server_command(places)
    except Failure as failure:
        print(failure.cause, failure.hint, file=sys.stderr)
        return 1
    user = odoo_user()
    own_data_folder(places, user)
    if user is not None:
        become(user)
    die_first()
    os.environ.update({**proxy_variables(places), **bus_variables(places)})
    return os.execv(command[0], command)


def server_command(places: Places) -> list[str]:
    """Odoo with the environment's configuration and the addons of this image."""
    if not places.odoo_conf.is_file():
        raise Failure(
            f"There is no {places.odoo_conf}", "Give the service its odoo.conf as a secret"
        )
    return [odoo_program(), "--config", str(places.odoo_conf), *path_options(places)]
