"""OpenID Connect for a client, as plain functions: no Odoo, no network, no clock, no randomness."""
