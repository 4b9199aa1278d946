"""One running Odoo of a project: what it serves, and what people do with it."""

from . import environment  # the environment
from . import values  # its values: completed when it is made, judged when they change
from . import permissions  # what a person may on it
from . import policies  # what the policies say of work in it
from . import move  # to another stage or database server
from . import limits  # what it may take of the machine
from . import disk  # what it takes of the disk, and when it stops
from . import actions  # deploy, restart, redeploy, open, pin, destroy
from . import promotion  # its build, for production
from . import rollback  # back to the build that served before
from . import release  # what the end of a run means for it
from . import hold  # the edge keeps its requests while a release changes
from . import addresses  # who reaches it at all
from . import egress  # how it reaches the world
from . import mail  # what it sent
from . import secrets  # what it is given
from . import console  # what is typed there
from . import data  # when it is backed up, what it starts from, how old a loss would be
from . import backups  # backups taken, kept, rehearsed
from . import imports  # archives of Odoo taken in
from . import point_in_time  # production as of a time
from . import data_news  # what is said of its data
from . import presentation  # what its pages show besides
