"""A copy full of planted credentials and people is cleansed; then everything is tried on it."""

import base64
import json
import os
import secrets
import signal
import socketserver
import subprocess
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ipai_toolbox.job import run_job
from ipai_toolbox.masking.attachments import PNG
from ipai_toolbox.odoo_conf import read_options
from ipai_toolbox.verbs import mask, neutralize

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent / "red_team"
MODULES = (
    "contacts,crm,sale_management,hr,calendar,payment_stripe,base_automation,auth_totp,google_gmail"
)
INSTALL_SECONDS, SHELL_SECONDS = 900, 240
ODOO = str(ROOT / "script" / "odoo")
PERSON = "Zephyrine Quackenbush"


class Smtp(socketserver.StreamRequestHandler):
    """Takes mail like a real server, and counts the letters."""

    def handle(self):
        self.wfile.write(b"220 sink\r\n")
        while line := self.rfile.readline().strip().upper():
            if line.startswith(b"DATA"):
                self.server.letters.append(line)
                self.wfile.write(b"354 go\r\n")
                while self.rfile.readline() not in (b".\r\n", b""):
                    continue
            self.wfile.write(b"221 bye\r\n" if line.startswith(b"QUIT") else b"250 ok\r\n")


class Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.letters.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments):
        """Quiet."""


def serving(server):
    server.letters = []
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server


class Target:
    """A database of this test, its odoo.conf, its filestore, and Odoo's commands on it."""

    def __init__(self, folder: Path, source: Path):
        self.name = f"redteam_{uuid.uuid4().hex[:8]}"
        self.folder = folder
        options = read_options(source)
        self.host = options["db_host"]
        (folder / "secrets").mkdir()
        self.conf = folder / "secrets/odoo.conf"
        kept = {
            key: options[key] for key in ("db_host", "db_user", "addons_path") if key in options
        }
        lines = [f"{key} = {value}" for key, value in kept.items()]
        self.conf.write_text("\n".join(["[options]", *lines, f"data_dir = {folder}/data", ""]))
        (folder / "secrets/masking-key").write_text(secrets.token_hex(32))
        (folder / "bin").mkdir()
        (folder / "bin/odoo").write_text(f'#!/bin/sh\nexec "{ODOO}" "$@"\n')
        (folder / "bin/odoo").chmod(0o755)

    @property
    def filestore(self) -> Path:
        return self.folder / "data/filestore" / self.name

    def odoo(self, *words, stdin="", seconds=INSTALL_SECONDS, facts=None):
        environment = {**os.environ, "ODOO_RC": str(self.conf), "RED_TEAM": json.dumps(facts or {})}
        return subprocess.run(
            [ODOO, *words],
            input=stdin,
            env=environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def shell(self, script: str, facts: dict, mark: str):
        """What the script printed after its mark."""
        words = ("shell", "-d", self.name, "--no-http", "--log-level", "error")
        done = self.odoo(
            *words, stdin=(HERE / script).read_text(), seconds=SHELL_SECONDS, facts=facts
        )
        said = [line for line in done.stdout.splitlines() if line.startswith(mark)]
        assert said, done.stdout[-3000:] + done.stderr[-3000:]
        return json.loads(said[-1].removeprefix(mark))

    def verb(self, verb, step: str, capsys=None, **values) -> dict:
        order = {"run": 7, "step": step, "attempt": 1, "database": self.name, **values}
        environment = {
            "IPAI_SPEC": json.dumps(order),
            "IPAI_SPOOL": str(self.folder / f"spool-{uuid.uuid4().hex}"),
            "IPAI_SECRETS": str(self.folder / "secrets"),
            "IPAI_ADDONS": str(self.folder / "no-addons"),
        }
        sink = Lines()
        run_job(verb.run, environment, sink)
        return json.loads(sink.lines[-1])["result"]

    def dump(self) -> str:
        """The whole database as text: what an attacker would read."""
        command = ["pg_dump", "-h", self.host, self.name]
        done = subprocess.run(command, capture_output=True, timeout=300, check=True)
        return done.stdout.decode("utf-8", "replace")

    def drop(self):
        command = ["dropdb", "--force", "--if-exists", "-h", self.host, self.name]
        subprocess.run(command, timeout=60, check=True)


class Lines:
    def __init__(self):
        self.lines = []

    def write(self, text):
        self.lines += [line for line in text.splitlines() if line]

    def flush(self):
        """Nothing is held back."""


@pytest.fixture(scope="module")
def cleansed(tmp_path_factory):
    """The copy after both verbs, with what was planted and what the sinks received."""
    source = Path(os.environ.get("ODOO_RC") or f"{os.environ['IPAI_STATE']}/shell.conf")
    target = Target(tmp_path_factory.mktemp("red"), source)
    smtp = serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Smtp))
    http = serving(ThreadingHTTPServer(("127.0.0.1", 0), Hook))
    facts = planted_facts(smtp.server_address[1], http.server_address[1])
    path = os.environ["PATH"]
    os.environ["PATH"] = f"{target.folder / 'bin'}:{path}"
    try:
        install = ("-d", target.name, "-i", MODULES, "--stop-after-init", "--no-http")
        assert target.odoo(*install, "--log-level", "error").returncode == 0
        facts |= target.shell("plant.py", facts, "PLANTED")
        before = target.dump()
        results = [
            target.verb(neutralize, "neutralize", base_url="https://staging.example.com"),
            target.verb(mask, "mask", policy={}, languages=["fr_FR"]),
        ]
        yield target, facts, before, results, smtp, http
    finally:
        os.environ["PATH"] = path
        target.drop()
        for server in (smtp, http):
            server.shutdown()
            server.server_close()


def planted_facts(smtp_port: int, http_port: int) -> dict:
    return {
        "person": PERSON,
        "company": "Quackenbush Aquariums",
        "mail": "zephyrine@quackenbush.test",
        "phone": "+32 475 98 76 54",
        "vat": "BE0736512486",
        "iban": "BE22 3638 1294 7756",
        "street": "Quackstraat 17",
        "password": "Old-Password-4711",
        "credential": "PLANTED-CREDENTIAL-9f3b",
        "picture": base64.b64encode(PNG).decode(),
        "smtp_port": smtp_port,
        "http_port": http_port,
    }


def test_both_verbs_end_well_and_report(cleansed):
    _target, _facts, _before, (neutral, masked), *_sinks = cleansed
    assert neutral["ok"], neutral
    assert masked["ok"], masked
    assert neutral["report"]["left"] == 0 and neutral["report"]["found"] > 10
    assert neutral["report"]["statements"] > 10 and neutral["report"]["admin_login"] == "admin"
    assert masked["report"]["leaks"] == 0 and masked["report"]["samples"] > 5


def test_the_report_names_what_nobody_decided(cleansed):
    _target, _facts, _before, (neutral, masked), *_sinks = cleansed
    undecided = {entry["column"] for entry in masked["report"]["undecided"]}
    assert {"res_partner.x_pet", "acme_gateway.holder"} <= undecided
    nameless = {
        entry["module"]: entry["columns"]
        for entry in neutral["report"]["modules_without_neutralize"]
    }
    assert "acme_gateway.api_key" in nameless["(no module)"]
    assert "google_gmail" in nameless


def test_nothing_planted_is_found_anywhere(cleansed):
    target, facts, before, *_rest = cleansed
    dump = target.dump()
    for fact in (
        "person",
        "company",
        "mail",
        "phone",
        "iban",
        "vat",
        "street",
        "credential",
        "api_key",
    ):
        value = facts[fact]
        assert fact == "api_key" or value in before
        spellings = (
            value,
            value.replace(" ", ""),
            value.encode().hex(),
            value.upper(),
            value.lower(),
        )
        assert not [spelling for spelling in spellings if spelling in dump], fact
    assert "Quackenbush" not in dump and "PLANTEDTOTPSECRET" not in dump


def test_no_file_holds_an_original(cleansed):
    target, facts, *_rest = cleansed
    files = [path for path in target.filestore.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if facts["person"].encode() in path.read_bytes()]


def test_every_attack_fails(cleansed):
    target, facts, _before, _results, smtp, http = cleansed
    assert target.shell("attack.py", facts, "HARM") == []
    assert (smtp.letters, http.letters) == ([], [])


def test_the_scheduler_runs_nothing_of_production(cleansed):
    target, *_rest = cleansed
    words = ["-d", target.name, "--max-cron-threads", "1", "--no-http", "--log-level", "error"]
    process = subprocess.Popen(
        [ODOO, *words], env={**os.environ, "ODOO_RC": str(target.conf)}, start_new_session=True
    )
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=12)
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(timeout=30)
    query = "SELECT count(*) FROM ir_config_parameter WHERE key = 'red.cron'"
    command = ["psql", "-h", target.host, "-Atc", query, target.name]
    assert subprocess.run(command, capture_output=True, timeout=30, check=True).stdout == b"0\n"
