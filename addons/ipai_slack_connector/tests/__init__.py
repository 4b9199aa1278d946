from . import test_telling
from . import test_asking
from . import test_people
from . import test_workspace
from . import test_rights
