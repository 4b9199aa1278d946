from . import module_add
from . import module_compare
