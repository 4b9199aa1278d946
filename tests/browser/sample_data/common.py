"""Times, commits and subjects that all sample data uses."""

import hashlib
from datetime import timedelta

from odoo import fields

NOW = fields.Datetime.now()

SUBJECTS = (
    "Fix VAT on credit notes",
    "Add the delivery report",
    "Speed up the stock valuation",
    "Show the margin on quotations",
    "Translate the portal to French",
    "Update OCA dependencies",
)


def ago(**units):
    return NOW - timedelta(**units)


def sha(number):
    return hashlib.sha1(str(number).encode(), usedforsecurity=False).hexdigest()
