"""One execution of a pipeline: how it comes to be, is judged, moves, speaks and ends."""

from . import run  # the run
from . import step  # one of its moves
from . import event  # one line it said
from . import artifact  # something it made
from . import permissions  # what a person may with it
from . import queue  # how it comes to be: a frozen order, one waiting run per environment
from . import policies  # how it is judged, before it queues and before it begins
from . import approvals  # who decides on it
from . import approval_requests  # who is asked, and how
from . import outlook  # what will happen when it goes on
from . import journal  # the engine's memory: its state goes out, effects come in
from . import hold  # when the edge holds requests for a step
from . import files  # texts that travel to its containers as secrets
from . import secrets  # what its Odoo is given as secrets and options
from . import ingest  # what its containers write
from . import artifact_lifecycle  # what it makes, planned before and given up after
from . import outcome  # what its end means for backups, copies and archives
from . import disk  # what measuring found, and what finds no room
from . import outbox  # what it tells other systems
from . import audit  # what the audit trail says of it
from . import lifecycle  # cancel, retry, deploy its image again
from . import rollback  # back to its deployment
from . import console  # commands and SQL as runs
from . import api  # what scripts and outside workers call
from . import presentation  # what its page shows besides
