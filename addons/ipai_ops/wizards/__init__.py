from . import address_list
from . import environment_destroy
from . import environment_redeploy
from . import import_archive
from . import moment
from . import restore
from . import rollback
from . import run_decision
