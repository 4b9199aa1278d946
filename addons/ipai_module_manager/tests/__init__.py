from . import test_environment_modules
from . import test_marketplace
from . import test_moved_secrets
from . import test_places
from . import test_product_written
from . import test_pulls
from . import test_rights
