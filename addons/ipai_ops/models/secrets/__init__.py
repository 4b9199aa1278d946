"""What is kept encrypted, and what nobody reads."""

from . import encrypted  # mixin and fields whose values are encrypted in the database
from . import secret  # a secret that a project gives its Odoo
