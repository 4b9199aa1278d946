from . import log
from . import edge
from . import webhook
