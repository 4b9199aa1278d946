"""Becomes the target's Odoo: its own program, its configuration, and the image's addons."""

import os
import shutil
import sys

from ..odoo_command import addons_paths
from ..places import places_from


def main(environ=os.environ) -> int:
    """Replace this process by Odoo, so that it gets the signals; returns only without an Odoo."""
    program = shutil.which("odoo") or shutil.which("odoo-bin")
    if not program:
        print("There is no Odoo in the image: neither odoo nor odoo-bin is on its path.", file=sys.stderr)
        return 1
    places = places_from(environ)
    words = [program, "--config", str(places.odoo_conf)]
    paths = addons_paths(places)
    if paths:
        words += ["--addons-path", ",".join(paths)]
    sys.stdout.flush()
    os.execv(program, words)
