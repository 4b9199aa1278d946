"""An Odoo of the tests' own: fresh database, sample data, a free port of the loopback."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import xmlrpc.client
from dataclasses import dataclass
from pathlib import Path

import ready_database
from chromium import until

ROOT = Path(__file__).resolve().parents[2]
ODOO = ROOT / "script" / "odoo"
FILL_DEADLINE = 420
GATE = {name: {"host": f"ipai-{name}", "port": 1} for name in ("mail", "egress")}
# samples/<addon>.py: an addon whose screens are looked at, and what they show.
SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.py"))
FILL = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); from sample_data import fill; fill(env)\n"
QUIET = ("--log-level", "warn")


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass(frozen=True)
class Server:
    """Where the Odoo is, and its API."""

    url: str
    database: str
    log: Path
    imports: Path | None = None

    def call(self, model, method, *arguments, **options):
        """Call a public method by XML-RPC as admin."""
        proxy = xmlrpc.client.ServerProxy(f"{self.url}/xmlrpc/2/object", allow_none=True)
        return proxy.execute_kw(self.database, 2, "admin", model, method, arguments, options)

    def find(self, model, *domain):
        """Return the id of the first record of a domain."""
        return self.call(model, "search", list(domain), limit=1)[0]


def platform_file(folder):
    """Write a ``platform.json`` such as a set-up leaves, so that hosts and servers have names."""
    path, imports = folder / "platform.json", folder / "imports"
    imports.mkdir()
    facts = {**ready_database.SERVERS, **GATE, "public_port": 8080, "imports_folder": str(imports)}
    path.write_text(json.dumps(facts))
    return path


def install(database, log, platform):
    """Make the database with the addons and their sample data."""
    samples = ",".join(sample.stem for sample in SAMPLES)
    ready_database.copy(database, *ready_database.with_below("ipai_ops"), samples)
    environment = {**os.environ, "IPAI_PLATFORM": str(platform)}
    command = [ODOO, "shell", "-d", database, "--no-http", *QUIET]
    with log.open("ab") as output:
        common = {"stdout": output, "stderr": output, "env": environment, "check": True}
        for script in (FILL, *(sample.read_text(encoding="utf-8") for sample in SAMPLES)):
            filling = {"input": script.encode(), "timeout": FILL_DEADLINE}
            subprocess.run(command, **filling, **common)


@contextlib.contextmanager
def serving(database, log, platform, *more):
    """Run an Odoo on ``database`` for as long as the block lasts; ``more`` are options for it."""
    port = free_port()
    environment = {**os.environ, "IPAI_PLATFORM": str(platform)}
    options = ["--http-interface", "127.0.0.1", "--http-port", str(port), "--workers", "0"]
    command = [
        ODOO,
        "-d",
        database,
        "--db-filter",
        database,
        "--max-cron-threads",
        "0",
        *options,
        *more,
    ]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*command, *QUIET], stdout=output, stderr=output, env=environment
        )
    try:
        until(lambda: is_healthy(port) or process.poll(), deadline=120, what="the login page")
        imports = platform.parent / "imports"
        yield Server(f"http://127.0.0.1:{port}", database, log, imports)
    finally:
        process.terminate()
        process.wait(30)


def is_healthy(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/web/login")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def drop(database):
    """Remove the database; one that is not there is fine."""
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([ODOO, "db", "drop", database], timeout=120, check=False, **silent)


def is_there(database):
    """Say whether the database can be opened."""
    command = [ODOO, "shell", "-d", database, "--no-http", *QUIET]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    answer = subprocess.run(command, input=b"env['res.users']", timeout=120, check=False, **silent)
    return answer.returncode == 0


def log_in(chromium, odoo, login):
    """Log a person in whose password is the login; all tabs of the browser share the session."""
    page = chromium.open()
    page.visit(f"{odoo.url}/web/login", "input[name=login]")
    page.type("input[name=login]", login)
    page.type("input[name=password]", login)
    page.click("button[type=submit]")
    page.wait_for(".o_main_navbar")
    page.close()
