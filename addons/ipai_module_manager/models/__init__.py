from . import run
from . import environment
from . import environment_module
from . import module_package
from . import module_index
from . import module_order
from . import module_change
from . import module_operation
