from . import environment
from . import module_package
from . import module_index
from . import module_order
from . import module_change
