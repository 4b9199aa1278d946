"""The way in and the ways out."""

from . import edge  # the proxy in front: what it serves and told last
from . import mail  # a mail that the catcher kept
from . import egress_refusal  # a host that the proxy refused
