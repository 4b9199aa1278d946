"""Prints again what a step's attempts said, for a reader whose job has vanished."""

import os
import sys

from ..events import Events
from ..job import replay
from ..outcome import Failure
from ..places import places_from
from ..spec import read_spec
from ..spool import Spool


def main(environ=os.environ, out=None) -> int:
    """Exit status 0 when the spool could be read (also when it is empty)."""
    try:
        spec = read_spec(environ.get("IPAI_SPEC"))
        spool = Spool(places_from(environ).spool, spec.run, spec.step, spec.attempt)
    except Failure as failure:
        print(failure.cause, failure.hint, file=sys.stderr)
        return 1
    replay(spool, Events(spool, spec.fence, out=out))
    return 0
