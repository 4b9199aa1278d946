from . import adapters, controllers, models, protocol
