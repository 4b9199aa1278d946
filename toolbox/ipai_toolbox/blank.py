"""Blanks secret values in everything a job says."""

import base64
import json
from urllib.parse import urlsplit

from .blanking import Blanking
from .odoo_conf import read_options
from .places import Places
from .way_out import PROXY

MARK = "•••"
SECRET_OPTIONS = ("db_password", "admin_passwd", "smtp_password", "session_db_uri")


def blanker(values):
    """A function that replaces each of the values by a mark, in every notation of ``spellings``."""
    return Blanking([value for value in values if value], MARK).text


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
