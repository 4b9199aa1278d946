"""What other systems and people are told and asked."""

from . import fact  # what happened, as others read it
from . import fact_consumer  # who reads it, and how far
from . import alert  # what needs somebody, until it is over
from . import question  # what is asked of another server
from . import bus  # who hears which channel of the websocket
