"""The refusal of whoever guessed too often."""

import logging

from odoo.exceptions import AccessDenied


class TooManyGuesses(AccessDenied):
    """Passwords or keys were wrong too often; ``wait_seconds`` says when the next is looked at."""

    http_status = 429
    loglevel = logging.INFO  # whoever guesses on does not fill the log, too

    def __init__(self, message, wait_seconds):
        super().__init__(message)
        self.wait_seconds = wait_seconds
