"""One customer Odoo: its repository, its people, its settings."""

from . import project  # the project
from . import permissions  # what a person may on it
from . import members  # its people
from . import limits  # the most that its environments may be given
from . import data  # how long backups and copies stay, how persons are masked
from . import reach  # which private networks it may call
from . import webhook_delivery  # a message of a forge
from . import webhook_receive  # how one is taken in, once
from . import git_events  # what a push, a pull request, a deleted branch does
from . import polling  # looking for commits where no webhook comes
from . import presentation  # what its pages show besides
