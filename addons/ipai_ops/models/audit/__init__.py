"""The audit trail: what was done, by whom, and what was refused."""

from . import tables  # the trail in PostgreSQL: tables, triggers, functions
from . import audit  # a row of the trail, and how it is written
from . import checkpoint  # signed heads of the chain: what is missing or changed is found
from . import exported  # the trail as a file that others can verify
from . import audited  # mixin: changes of a model are in the trail
from . import refusals  # what is refused is in the trail, although the call is taken back
from . import users  # sign-ins, keys and rights of people
