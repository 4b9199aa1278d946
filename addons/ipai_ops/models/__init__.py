"""The product's memory, a package for each thing it is about.

A model is defined once. Where it is too long for one file it is continued in files of its own package,
and no two of them define the same name: the order of imports decides nothing but that mixins come first.
"""

from . import audit  # the audit trail: what was done, by whom, and what was refused
from . import secrets  # what is kept encrypted, and what nobody reads
from . import access  # who somebody is, what they may, and what holds for every call
from . import project  # one customer Odoo: its repository, its people, its settings
from . import environment  # one running Odoo of a project: what it serves, what people do with it
from . import run  # one execution of a pipeline: how it comes to be, moves, speaks and ends
from . import governance  # what must hold before work begins, and who lets it pass
from . import data  # data: kept, proven, copied, brought back
from . import network  # the way in and the ways out
from . import outbox  # what other systems and people are told and asked
