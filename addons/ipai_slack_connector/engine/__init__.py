"""Decides what goes to Slack, when, and in which words: plain Python, no Odoo, no socket, no clock."""
