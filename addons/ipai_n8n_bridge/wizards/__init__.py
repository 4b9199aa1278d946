from . import n8n_import
