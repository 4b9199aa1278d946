from . import adapters, controllers, models, protocol
from .hooks import uninstall_hook
