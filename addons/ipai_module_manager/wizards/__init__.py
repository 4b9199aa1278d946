from . import module_add
