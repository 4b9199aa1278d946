from . import n8n_server
from . import n8n_order
from . import n8n_subscription
from . import n8n_delivery
from . import n8n_workflow
from . import n8n_call
from . import run
