from . import adapters, controllers, models, protocol
from .hooks import post_init_hook, uninstall_hook
