from . import test_calls
from . import test_deliveries
from . import test_faults
from . import test_malformed
from . import test_moved_secrets
from . import test_product_written
from . import test_rights
from . import test_server
