"""What the bridge decides: plain Python, no Odoo, no network, no clock."""
