"""What is wrong with a call of a model's method, asked after it failed. Pure.

A parameter is judged by its name: Odoo's methods and ours use the same names for the same things.
``models`` is as in ``call_values``; each answer is a sentence, or None where nothing is wrong.
"""

import inspect
from collections.abc import Mapping

from .call_values import LARGEST_INTEGER, is_id, unclean, unfit_values

JOINTS = ("&", "|", "!")
TEXT_LISTS = (
    *("fields", "field_names", "allfields", "fields_to_export", "fnames", "groupby"),
    *("aggregates", "attributes"),
)
TEXTS = (
    *("order", "operator", "name", "load", "query", "key", "severity", "message", "confirm"),
    *("program", "text", "moment", "git_sha", "ref", "worker_id", "level", "status", "reason"),
    *("search", "group_ext_id", "field_name", "body"),
)
NUMBERS = ("limit", "offset", "hours", "size_bytes", "minutes", "after_id", "fence", "count_limit")
IDS = ("run_id", "backup_id")
NAMES = ("project", "env", "target_env")  # a code, a name or an id
MAPPINGS = ("payload", "default", "specification", "fields_spec", "context")
VALUES = ("vals", "values")
OPERATIONS = ("read", "write", "create", "unlink")


def wrong_call(models, model: str, method, ids, args, kwargs) -> str | None:
    """Say what is wrong with the arguments of ``method``, a plain function of the model's class."""
    said = unclean([ids, args, kwargs]) or _wrong_ids(ids) or _wrong_context(kwargs)
    if said:
        return said
    rest = {name: value for name, value in kwargs.items() if name != "context"}
    try:
        signature = inspect.signature(method)
        bound = signature.bind(None, *args, **rest)
    except TypeError as exc:
        return f"The arguments do not fit: {exc}."
    given = list(bound.arguments.items())[1:]
    for name, value in given:
        # Where nothing is no value of its own, it is none that may be sent.
        if value in (None, False) and signature.parameters[name].default is not None:
            if name in (*NUMBERS, *IDS):
                return f"“{name}”: expected a whole number."
            if name in ("vals_list", *VALUES):
                return f"“{name}”: expected an object, or a list of objects."
    return next((said for each in given if (said := _wrong(models, model, *each))), None)


def _wrong_ids(ids):
    if ids in (None, False, (), []) or is_id(ids):
        return None
    if isinstance(ids, list | tuple) and all(map(is_id, ids)):
        return None
    return "“ids”: expected a list of ids, whole numbers above 0."


def _wrong_context(kwargs):
    context = kwargs.get("context")
    if not context:
        return None
    if not isinstance(context, Mapping) or not all(isinstance(name, str) for name in context):
        return "“context”: expected an object."
    wrong = [name for name in ("lang", "tz") if not isinstance(context.get(name) or "", str)]
    companies = context.get("allowed_company_ids") or []
    if not isinstance(companies, list | tuple) or not all(map(is_id, companies)):
        wrong.append("allowed_company_ids")
    return f"“context”: “{wrong[0]}” has a wrong value." if wrong else None


def _wrong(models, model, name, value):
    """Return what is wrong with one argument."""
    if value is None or value is False:
        return None
    if name in VALUES:
        return unfit_values(models, model, value)
    if name == "vals_list":
        return _wrong_list(models, model, value)
    if name == "domain":
        return _wrong_domain(models, model, value)
    wanted = _unmet(name, value)
    return f"“{name}”: expected {wanted}." if wanted else None


def _unmet(name, value):
    """Return in words what a plain argument has to be, where it is not."""
    if name == "operation" and value not in OPERATIONS:
        return f"one of {', '.join(OPERATIONS)}"
    if name in TEXTS and not isinstance(value, str):
        return "a text"
    if name in NUMBERS and not (type(value) is int and 0 <= value <= LARGEST_INTEGER):
        return "a whole number"
    if name in IDS and not is_id(value):
        return "an id"
    if name in NAMES and not (isinstance(value, str) or is_id(value)):
        return "a name or an id"
    if name in MAPPINGS and not isinstance(value, Mapping):
        return "an object"
    is_texts = isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)
    return "a list of texts" if name in TEXT_LISTS and not is_texts else None


def _wrong_list(models, model, value):
    rows = [value] if isinstance(value, Mapping) else value
    if not isinstance(rows, list | tuple):
        return "“vals_list”: expected a list of objects."
    return next((said for row in rows if (said := unfit_values(models, model, row))), None)


def _wrong_domain(models, model, domain):
    if not isinstance(domain, list | tuple):
        return "“domain”: expected a list such as [['state', '=', 'up']]."
    return next((said for one in domain if (said := _wrong_term(models, model, one))), None)


def _wrong_term(models, model, term):
    if isinstance(term, str) and term in JOINTS:
        return None
    is_term = isinstance(term, list | tuple) and len(term) == 3
    if (
        not is_term
        or not isinstance(term[1], str)
        or not (isinstance(term[0], str) or term[0] in (0, 1))
    ):
        return "“domain”: expected conditions of three parts such as ['state', '=', 'up']."
    known = isinstance(term[0], int) or term[0].partition(".")[0] in models[model]
    return None if known else f"“domain”: “{term[0][:60]}” is no field of {model}."
