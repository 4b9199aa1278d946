"""Asks the index and writes to repositories: record, commit, call, record the outcome, commit.

No transaction is open during a call to the outside, and each answer is kept at once: a turn that
ends early goes on with the next one.
"""

import logging
import time

import psycopg2

from odoo.exceptions import ConcurrencyError, UserError

from .adapters import forge, package_index, pip_settings, repository
from .engine import requirement_lines
from .engine.catalogue import Missing
from .engine.forge import FORGES, ForgeFault
from .engine.resolving import Conflict

_logger = logging.getLogger(__name__)

TURN_SECONDS = 60  # of one cron call; Odoo ends a cron after limit_time_real_cron (120 s)
AHEAD_AT_ONCE = 20
BUSY = (ConcurrencyError, psycopg2.errors.SerializationFailure)  # the next turn does it again
FAULT = "This server has a fault and did not do it: its log says why."
NO_ADDRESS = "No package index is configured: enter its address under Modules › Package index."


def work(env, turn_seconds=TURN_SECONDS):
    """Answer the questions and move the changes on, until nothing is left to do now."""
    env = env(su=True)
    deadline = time.monotonic() + turn_seconds
    for order in env["ipai.module.order"]._waiting():
        if time.monotonic() > deadline:
            return _go_on(env)
        _answer(env, order)
    for change in env["ipai.module.change"].search([("state", "in", ("asked", "confirmed"))]):
        if time.monotonic() > deadline or not _move(env, change, deadline):
            return _go_on(env)
    for change in env["ipai.module.change"].search([("pull_state", "=", "wanted")]):
        _open_pull(env, change)
    for project in env["ops.project"].search([("forge_test", "=", "asked")]):
        _test_forge(env, project)
    return _read_ahead(env, deadline)


def _go_on(env):
    env["ipai.module.order"]._wake()
    env.cr.commit()


def _index(env):
    """Return the configured index. Raises IndexFault when there is none."""
    given = env["ipai.module.index"]._the_one().url
    env.cr.commit()
    url = given or pip_settings.index_url()
    if not url:
        raise package_index.IndexFault(NO_ADDRESS)
    return package_index.PackageIndex(url, pip_settings.certificates())


def _answer(env, order):
    kind, package = order.kind, order.package_id
    try:
        said = {"test": _test, "names": _names, "page": _page}[kind](env, package)
        is_well = True
        env.flush_all()
    except package_index.IndexFault as fault:
        said, is_well = str(fault), False
    except BUSY:
        raise
    except Exception:
        said, is_well = _fault(env, order), False
    order._note_end(is_well, said)
    env.cr.commit()


def _fault(env, record):
    """Tell the log of a fault of our own; it ends this piece of work, not those behind it."""
    _logger.exception("%s cannot be done", record)
    env.cr.rollback()
    env.invalidate_all()
    return FAULT


def _test(env, _package):
    files = _index(env).files("odoo-addon-web-responsive")
    return f"The index answers; it has {len(files)} wheels of web_responsive."


def _names(env, _package):
    index, api = env["ipai.module.index"]._the_one(), _index(env)
    etag = index.etag or ""
    env.cr.commit()
    names, etag = api.addon_names(etag)
    if names is not None:
        env["ipai.module.package"]._take_names(names)
    index.write({"etag": etag, "refreshed_at": env.cr.now()})
    count = index.package_count
    env.cr.commit()
    return f"The index lists {count} modules."


def _page(env, package):
    api, name = _index(env), package.name
    env.cr.commit()
    files = api.files(name)
    package._take_page(files)
    latest = package.latest_version
    env.cr.commit()
    if not latest:
        return f"There is no release of {name} for this version of Odoo."
    _details(env, api, package, latest)
    return f"{name} {latest}"


def _details(env, api, package, version):
    file = package._file_of(version)
    env.cr.commit()
    read = api.metadata(file)
    package._take_metadata(version, read)
    env.cr.commit()


def _move(env, change, deadline):
    """Take the change one state on; False when the time was too short."""
    try:
        if change.state == "asked":
            return _propose(env, change, deadline)
        _commit(env, change)
    except Conflict as conflict:
        change._end("refused", str(conflict))
    except (package_index.IndexFault, repository.RepositoryFault) as fault:
        change._end("failed", str(fault))
    except BUSY:
        raise
    except Exception:
        change._end("failed", _fault(env, change))
    env.cr.commit()
    return True


def _propose(env, change, deadline):
    """Resolve from the cache; what it lacks is fetched, kept, and tried again."""
    place, packages, accepted = change._place(), env["ipai.module.package"], set()
    env.cr.commit()
    url, branch, *how = place
    text = repository.read(url, branch, requirement_lines.FILE, *how).text
    while time.monotonic() < deadline:
        try:
            change._propose(text, packages._source(accepted))
            env.cr.commit()
            return True
        except Missing as missing:
            _fetch(env, missing, accepted)
    return False


def _fetch(env, missing, accepted):
    """Read what is missing; an index that is down is no hindrance where an older page is known."""
    package = env["ipai.module.package"]._named(missing.name)
    has_page = bool(package.read_at)
    env.cr.commit()
    try:
        api = _index(env)
        if missing.version:
            return _details(env, api, package, missing.version)
        package._take_page(_files(api, missing.name))
        env.cr.commit()
    except package_index.IndexFault:
        if missing.version or not has_page:
            raise
        accepted.add(missing.name)
    return None


def _files(api, name):
    try:
        return api.files(name)
    except package_index.NotThere:
        return []


def _commit(env, change):
    place, facts = change._place(), change._commit_facts()
    env.cr.commit()
    url, _branch, *how = place
    commit = repository.write(url, repository.Commit(**facts), *how)
    change._note_pushed(commit)
    env.cr.commit()


def _open_pull(env, change):
    try:
        place, token, wish = change._pull_facts()
        env.cr.commit()
        change._note_pull(forge.open_pull(place, token, wish, pip_settings.certificates()))
    except (ForgeFault, UserError) as fault:  # a lost key of the secrets is said by Odoo
        change._note_pull_fault(str(fault))
    except BUSY:
        raise
    except Exception:
        change._note_pull_fault(_fault(env, change))
    env.cr.commit()


def _test_forge(env, project):
    try:
        place, token, wish = project._forge_facts()
        env.cr.commit()
        forge.ask(place, token, wish, pip_settings.certificates())
        project._note_forge(True, f"{FORGES[place.forge]} shows {place.path} to this token.")
    except (ForgeFault, UserError) as fault:
        project._note_forge(False, str(fault))
    except BUSY:
        raise
    except Exception:
        project._note_forge(False, _fault(env, project))
    env.cr.commit()


def _read_ahead(env, deadline):
    """Read some more of the catalogue's details, where that is wanted."""
    if not env["ipai.module.index"]._the_one().reads_ahead:
        return
    unread = [("is_listed", "=", True), ("read_at", "=", False), ("fault", "=", False)]
    for package in env["ipai.module.package"].search(unread, limit=AHEAD_AT_ONCE):
        if time.monotonic() > deadline:
            return
        try:
            _page(env, package)
        except package_index.IndexFault as fault:
            package.fault = str(fault)
        except BUSY:
            raise
        except Exception:
            package.fault = _fault(env, package)
        env.cr.commit()
