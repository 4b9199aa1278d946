from . import test_marketplace
from . import test_rights
