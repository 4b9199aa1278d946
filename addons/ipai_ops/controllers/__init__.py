from . import archive
from . import backup
from . import audit
from . import log
from . import approval
from . import edge
from . import rpc
from . import webhook
