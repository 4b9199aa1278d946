"""Makes a copy of production harmless: Odoo's own neutralisation, then checks and fixes of ours."""
