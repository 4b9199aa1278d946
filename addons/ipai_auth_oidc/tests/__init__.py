from . import test_only_way_in
from . import test_product_written
from . import test_rights
from . import test_secrets
from . import test_setup
