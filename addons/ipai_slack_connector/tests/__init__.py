from . import test_asking
from . import test_people
from . import test_malformed
from . import test_moved_secrets
from . import test_product_written
from . import test_rights
from . import test_telling
from . import test_workspace
