"""What must hold before work begins, and who lets it pass."""

from . import policy  # a rule, where it holds and how firmly
from . import verdict  # what a policy said of a run
from . import approval  # a person's decision on a run
from . import delegation  # who decides while somebody is away
