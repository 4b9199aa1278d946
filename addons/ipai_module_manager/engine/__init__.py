"""Decides, and touches nothing: plain Python without Odoo, network or clock."""
