"""Blanks secret values in everything a job says."""

import base64
import json
from urllib.parse import quote, quote_plus, urlsplit

from .odoo_conf import read_options
from .places import Places
from .way_out import PROXY

SHORTEST = 5
SHORTEST_BASE64 = 8  # shorter pieces are found in ordinary words
MARK = "•••"
SECRET_OPTIONS = ("db_password", "admin_passwd", "smtp_password", "session_db_uri")


def blanker(values):
    """A function that replaces each of the values, also in its URL form, by a mark."""
    spellings = {form for value in values if value for form in _forms(value)}
    ordered = sorted((s for s in spellings if len(s) >= SHORTEST), key=len, reverse=True)

    def blank(text: str) -> str:
        for value in ordered:
            text = text.replace(value, MARK)
        return text

    return blank


def _forms(value: str) -> list[str]:
    """The value as it is, in a URL, in JSON, and in base64 at each of the three alignments."""
    forms = [value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1]]
    return forms + [form for shift in range(3) for form in _base64_forms(value.encode(), shift)]


def _base64_forms(raw: bytes, shift: int) -> list[str]:
    encoded = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")
    middle = encoded[(0, 2, 3)[shift] : None if (len(raw) + shift) % 3 == 0 else -1]
    if len(middle) < SHORTEST_BASE64:
        return []
    return [middle, middle.replace("+", "-").replace("/", "_")]


def secret_values(places: Places, spec: dict) -> list[str]:
    """All secret values this job was given, so that none of them reaches a log."""
    values = [places.secret("postgres-admin"), places.secret("admin-password")]
    values += _conf_values(places, spec) + _git_values(places) + _docker_values(places)
    values += _repository_values(places) + _proxy_values(places)
    repositories = [spec.get("repository_url", "")]
    repositories += [extra.get("url", "") for extra in spec.get("extra_repositories") or []]
    return [value for value in values + [_password_in(url) for url in repositories] if value]


def _conf_values(places: Places, spec: dict) -> list[str]:
    options = read_options(places.odoo_conf)
    names = [*SECRET_OPTIONS, *(spec.get("secret_options") or [])]
    return [options.get(name, "") for name in names]


def _git_values(places: Places) -> list[str]:
    credentials = places.secret("git-credentials") or ""
    if credentials.startswith("-----BEGIN"):
        return [line for line in credentials.splitlines() if not line.startswith("-----")]
    return [credentials, credentials.partition(":")[2]]


def _docker_values(places: Places) -> list[str]:
    try:
        logins = json.loads(places.secret("docker-config.json") or "{}").get("auths", {})
        codes = [login.get("auth", "") for login in logins.values()]
        plain = [base64.b64decode(code).decode().partition(":")[2] for code in codes]
    except (ValueError, AttributeError):
        return []
    return codes + plain


def _repository_values(places: Places) -> list[str]:
    """What opens a backup repository and its store."""
    key = [line for line in (places.secret("sftp-key") or "").splitlines() if line[:1] != "-"]
    try:
        store = json.loads(places.secret("s3-credentials") or "{}")
    except ValueError:
        store = {}
    return [places.secret("restic-password") or "", store.get("secret_key", ""), *key]


def _password_in(url: str) -> str:
    try:
        return urlsplit(url).password or ""
    except ValueError:
        return ""


def _proxy_values(places: Places) -> list[str]:
    return [_password_in(places.secret(PROXY) or "")]
