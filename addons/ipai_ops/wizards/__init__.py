from . import environment_destroy
from . import environment_redeploy
