from . import models
from . import steps
from . import wizards
