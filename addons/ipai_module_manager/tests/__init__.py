from . import test_environment_modules
from . import test_marketplace
from . import test_rights
from . import test_pulls
