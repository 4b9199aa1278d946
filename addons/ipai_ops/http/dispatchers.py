"""JSON answers tell strangers that something failed, and not where in the program.

Odoo keeps one dispatcher for each type of route; a class that names the type takes its place.
"""

import json

import psycopg2

from odoo import SUPERUSER_ID, api
from odoo.http import Json2Dispatcher, JsonRPCDispatcher, request
from odoo.sql_db import PoolError

SENTENCE = "The server could not do this. Its log says why."
FOR_PEOPLE = ("odoo.exceptions.", "odoo.http.", "odoo.addons.", "werkzeug.exceptions.")


class DiscreetJsonRPC(JsonRPCDispatcher):
    routing_type = JsonRPCDispatcher.routing_type

    def handle_error(self, exc):
        return discreet(super().handle_error(exc))


class DiscreetJson2(Json2Dispatcher):
    routing_type = Json2Dispatcher.routing_type

    def handle_error(self, exc):
        return discreet(super().handle_error(exc))


def discreet(response):
    """Return the answer without what a program failed with; internal users see all of it."""
    if _is_one_of_us():
        return response
    body = json.loads(response.get_data())
    data = body["error"].get("data") if "error" in body else body
    if not isinstance(data, dict) or "debug" not in data:
        return response
    data["debug"] = ""
    if not str(data.get("name")).startswith(FOR_PEOPLE):
        data |= {"name": "builtins.Exception", "message": SENTENCE, "arguments": [SENTENCE]}
    response.set_data(json.dumps(body))
    return response


def _is_one_of_us():
    """Say whether an internal user asks. The request's own cursor may be broken by what failed."""
    uid = request.env.uid if request.env is not None else None
    if not uid:
        return False
    try:
        with request.registry.cursor(readonly=True) as cursor:
            users = api.Environment(cursor, SUPERUSER_ID, {})["res.users"]
            return users.browse(uid)._is_internal()
    except (psycopg2.Error, PoolError):
        return False
