"""Runs the target's own Odoo, as the target's own user, on the target's database."""

import importlib.util
import os
import pwd
import shutil
import socket
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from .bus_database import bus_variables
from .events import Events
from .folders import own
from .odoo_conf import read_options
from .odoo_log import OdooLog
from .outcome import Failure
from .places import Places
from .process import Finished, stream
from .way_out import proxy_variables

RUN_SECONDS = 4 * 3600
NEUTRALIZE_SECONDS = 1800


@dataclass(frozen=True)
class Request:
    """What Odoo shall do with the modules of a database."""

    database: str
    install: tuple[str, ...] = ()
    update: tuple[str, ...] = ()
    demo: bool = False
    test_tags: tuple[str, ...] = ()


def run_odoo(request: Request, places: Places, events: Events) -> tuple[Finished, OdooLog]:
    """Run Odoo to its end; each log record becomes an event."""
    program, log, user = odoo_program(), OdooLog(events), odoo_user()
    with conf_for(places, user) as conf:
        command = [program, *arguments(request, conf, places)]
        done = stream(
            command,
            log.on_line,
            on_idle=log.on_idle,
            timeout_seconds=RUN_SECONDS,
            env={**odoo_environment(user, places, request.database), **proxy_variables(places)},
            user=user,
        )
    log.flush()
    return done, log


def run_neutralize(database: str, places: Places, events: Events, *, only_print=False) -> Finished:
    """Run Odoo's own neutralisation; with `only_print` its SQL is in the output, nothing is done."""
    program, user, log = odoo_program(), odoo_user(), OdooLog(events)
    lines: list[str] = []
    with conf_for(places, user) as conf:
        command = [program, "neutralize", "--config", str(conf), "--database", database]
        done = stream(
            [*command, *path_options(places), *(["--stdout"] if only_print else [])],
            lines.append if only_print else log.on_line,
            timeout_seconds=NEUTRALIZE_SECONDS,
            env=odoo_environment(user, places, database),
            user=user,
        )
    log.flush()
    return replace(done, output="\n".join(lines)) if only_print else done


def arguments(request: Request, conf: Path, places: Places) -> list[str]:
    """Odoo's command line for one request; only tests open a port, inside this container."""
    words = ["--config", str(conf), "--database", request.database, "--stop-after-init"]
    words += ["--workers", "0", "--max-cron-threads", "0"]
    words += path_options(places)
    if request.install:
        words += ["--init", ",".join(request.install)]
    if request.update:
        words += ["--update", ",".join(request.update)]
    if request.demo:
        words += ["--with-demo"]
    if not request.test_tags:
        return [*words, "--no-http"]
    tests = ["--test-tags", ",".join(request.test_tags)]
    return [*words, *tests, "--http-interface", "127.0.0.1", "--http-port", str(free_port())]


def odoo_program() -> str:
    """The path of Odoo's own script. Raises Failure."""
    program = shutil.which("odoo") or shutil.which("odoo-bin")
    if not program:
        raise Failure(
            "There is no Odoo in the image: neither odoo nor odoo-bin is on its path",
            "Use a base image that has Odoo installed",
        )
    return program


def path_options(places: Places) -> list[str]:
    """The option that names the folders beside Odoo's own, where there are any."""
    folders = addons_paths(places)
    return ["--addons-path", ",".join(folders)] if folders else []


def addons_paths(places: Places) -> list[str]:
    """Folders beside Odoo's own (which Odoo adds itself): those of odoo.conf, then the image's."""
    given = read_options(places.odoo_conf).get("addons_path", "").split(",")
    folders = [path.strip() for path in given if path.strip()]
    own = str(places.odoo_addons)
    if own not in folders and has_addons(places.odoo_addons):
        folders.append(own)
    return folders


def module_folders(places: Places) -> list[Path]:
    """All folders of this image that hold modules: Odoo's own, pip's, the repository's."""
    folders = [Path(path) for path in addons_paths(places)]
    found = importlib.util.find_spec("odoo")
    for place in (found and found.submodule_search_locations) or []:
        folders += [Path(place) / "addons", Path(place).parent / "addons"]
    return folders


def has_addons(folder: Path) -> bool:
    return any(folder.glob("*/__manifest__.py"))


def odoo_user() -> pwd.struct_passwd | None:
    """Whom Odoo shall run as: not root, so that the customer's code cannot touch our files."""
    if os.getuid() != 0:
        return None
    try:
        return pwd.getpwnam(os.environ.get("IPAI_ODOO_USER") or "odoo")
    except KeyError:
        return None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def conf_for(places: Places, user: pwd.struct_passwd | None):
    """A copy of odoo.conf that exactly this user can read; gone afterwards."""
    if user is None:
        yield places.odoo_conf
        return
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        conf = Path(folder) / "odoo.conf"
        conf.touch(mode=0o400)
        conf.write_bytes(places.odoo_conf.read_bytes())
        os.chown(conf, user.pw_uid, user.pw_gid)
        os.chown(folder, user.pw_uid, user.pw_gid)
        yield conf


def own_data_folder(places: Places, user: pwd.struct_passwd | None) -> None:
    """A fresh volume may belong to root, with the files that were brought in: Odoo must write there."""
    folder = Path(read_options(places.odoo_conf).get("data_dir") or "/var/lib/odoo")
    if user is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    if folder.stat().st_uid != user.pw_uid:
        own(folder, user.pw_uid, user.pw_gid)


def odoo_environment(
    user: pwd.struct_passwd | None, places: Places, database: str
) -> dict[str, str]:
    """Odoo's environment: the job's own without its order, with its bus database and its user's home."""
    hidden = ("IPAI_SPEC", "ODOO_RC", "OPENERP_SERVER")
    environment = {key: value for key, value in os.environ.items() if key not in hidden}
    environment |= bus_variables(places, database)
    if user is None:
        return environment
    return {**environment, "HOME": user.pw_dir, "USER": user.pw_name, "LOGNAME": user.pw_name}
