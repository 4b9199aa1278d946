"""Modules of the real index in a real target: found, added, installed, updated, refused, removed.

The index is the one this machine's pip is set up with. Its list of names is cut to the modules of
this test; all else, pages, wheels and metadata, comes from it as it is.
"""

import json
import os
import threading
import xmlrpc.client
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from ipai_module_manager.adapters import pip_settings
from parity import parity

pytestmark = pytest.mark.skipif(
    not os.environ.get("IPAI_LONG"),
    reason="IPAI_LONG=1 works through the real index, some five minutes",
)
ADDON = "ipai_module_manager"
NAMES = ("partner_firstname", "web_responsive", "queue_job", "fs_storage", "account_analytic_root")
OLD = "odoo-addon-partner-firstname==19.0.1.0.2\n"
NEEDS_NEWER = "fsspec==2024.2.0\n"  # fs_storage asks for a later one
DEPLOY_SECONDS = 400
STEP_SECONDS = 240


class ShortIndex(BaseHTTPRequestHandler):
    """The list of this test's modules; a module's page is the real index's own."""

    def do_GET(self):
        name = self.path.strip("/").removeprefix("simple").strip("/")
        if name:
            self.send_response(302)
            self.send_header("Location", f"{pip_settings.index_url().rstrip('/')}/{name}/")
            self.end_headers()
            return
        projects = [{"name": package(module)} for module in NAMES]
        body = json.dumps({"projects": projects}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.pypi.simple.v1+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words):
        """Say nothing."""


def package(module):
    return f"odoo-addon-{module.replace('_', '-')}"


@pytest.fixture(scope="module")
def index():
    """Where the short list is served."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), ShortIndex)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/simple"
    server.shutdown()
    server.server_close()


class Shop:
    """The module manager as a person uses it, on one environment."""

    def __init__(self, suite, project):
        self.suite, self.code, self.repository = suite, project.code, project.repository
        self.environment = suite.environment(project.id, stage="production")

    def known(self, module, *fields):
        """Return the catalogue's row of a module."""
        domain = [["technical_name", "=", module]]
        [row] = self.suite.search("ipai.module.package", domain, *fields)
        return row

    def listed(self):
        """Return how many of this test's modules the catalogue offers."""
        wanted = [["is_listed", "=", True], ["technical_name", "in", list(NAMES)]]
        return self.suite.call("ipai.module.package", "search_count", wanted)

    def read(self, module):
        """Read a module's page from the index; return the newest version that fits."""
        known = self.known(module, "id")["id"]
        self.suite.call("ipai.module.package", "action_read", [known])
        wanted = ("read_at", "fault", "latest_version")
        row = self.until(lambda: (r := self.known(module, *wanted))["read_at"] and r, module)
        assert not row["fault"]
        return row["latest_version"]

    def add(self, module, way="direct"):
        """Ask for a module; return the change once it is worked out."""
        values = {"package_id": self.known(module, "id")["id"], "environment_id": self.environment}
        wizard = self.suite.call("ipai.module.add", "create", {**values, "way": way})
        change = self.suite.call("ipai.module.add", "action_ask", [wizard])["res_id"]
        return self.change_until(change, lambda state: state != "asked")

    def commit(self, change):
        """Confirm a reviewed change; return it once it is committed."""
        self.suite.call("ipai.module.change", "action_confirm", [change["id"]])
        return self.change_until(change["id"], lambda state: state != "confirmed")

    def change_until(self, change, is_over):
        fields = ("state", "said", "requirement", "difference", "brings", "commit", "run_id")

        def over():
            row = self.suite.read("ipai.module.change", change, *fields)
            return row if is_over(row["state"]) else None

        return self.until(over, f"change {change}")

    def module(self, name):
        """Return the environment's row of a module; empty when the image has none."""
        domain = [["environment_id", "=", self.environment], ["name", "=", name]]
        return next(iter(self.suite.search("ipai.environment.module", domain)), {})

    def inventory(self):
        """Read the modules anew."""
        run = self.suite.call("ops.environment", "action_read_modules", [self.environment])
        assert self.suite.finished(run["res_id"], STEP_SECONDS)["state"] == "done"

    def plan(self, action, *names):
        """Work out a change of modules; return the operation as it is shown."""
        rows = [self.module(name)["id"] for name in names]
        opened = self.suite.call("ipai.environment.module", f"action_{action}", rows)
        return self.operation_until(opened["res_id"], lambda state: state != "planning")

    def do(self, operation):
        """Confirm an operation; return it once its run is over."""
        self.suite.call("ipai.module.operation", "action_confirm", [operation["id"]])
        done = self.operation_until(operation["id"], lambda state: state in ("done", "failed"))
        assert done["state"] == "done", (done["said"], self.suite.log(done["run_id"][0]))
        return done

    def operation_until(self, operation, is_over):
        def over():
            row = self.suite.search("ipai.module.operation", [["id", "=", operation]])[0]
            return row if is_over(row["state"]) else None

        return self.until(over, f"operation {operation}", DEPLOY_SECONDS)

    def until(self, fact, what, seconds=STEP_SECONDS):
        return self.suite.until(fact, seconds, f"{what} is not over")


def install_manager(suite):
    """Install the addon where it is not; Odoo refuses while one of its crons runs."""

    def done():
        [addon] = suite.search("ir.module.module", [["name", "=", ADDON]], "state")
        if addon["state"] == "installed":
            return True
        try:
            suite.call("ir.module.module", "button_immediate_install", [addon["id"]])
        except xmlrpc.client.Fault as fault:
            assert "lock on row in relation" in fault.faultString
        return False

    suite.until(done, STEP_SECONDS, "the addon was not installed")


@pytest.fixture(scope="module")
def shop(suite, new_project, index):
    """A deployed project with an older partner_firstname, its catalogue read."""
    install_manager(suite)
    settings = suite.search("ipai.module.index", [], "id", "url")[0]
    suite.call("ipai.module.index", "write", [settings["id"]], {"url": index})
    suite.call("ipai.module.index", "action_refresh", [settings["id"]])
    shop = Shop(suite, new_project("modules"))
    shop.until(lambda: shop.listed() == len(NAMES), "the list of modules")
    shop.repository.addon("shop_base", ("base", "partner_firstname"))
    shop.repository.write("requirements.txt", OLD).push("First")
    run = suite.deploy(shop.code)
    shop.repository.accept_pushes()
    assert suite.finished(run, DEPLOY_SECONDS)["state"] == "done", suite.log(run)
    shop.until(lambda: shop.module("partner_firstname"), "the first inventory")
    yield shop
    suite.call("ipai.module.index", "write", [settings["id"]], {"url": settings["url"]})


@pytest.fixture(scope="module")
def added(shop):
    """Three modules added by reviewed commits, and deployed; the newest version of each."""
    newest, change = {}, None
    for module in NAMES[:3]:
        newest[module] = shop.read(module)
        change = shop.add(module)
        assert change["state"] == "ready", change["said"]
        assert change["requirement"] == f"{package(module)}=={newest[module]}"
        change = shop.commit(change)
        assert change["state"] == "pushed", change["said"]
    run = change["run_id"][0]
    assert shop.suite.finished(run, DEPLOY_SECONDS)["state"] == "done", shop.suite.log(run)
    shop.until(lambda: shop.module("queue_job"), "the inventory after the deploy")
    return newest


@pytest.fixture(scope="module")
def installed(shop, added):
    """The added modules installed, and what was shown before that."""
    plan = shop.plan("install", "queue_job", "web_responsive")
    assert plan["state"] == "ready", plan["said"]
    shop.do(plan)
    shop.inventory()
    return plan


def test_the_repository_has_the_reviewed_lines(shop, added):
    lines = shop.repository.show("main:requirements.txt").split()
    assert lines == [f"{package(name)}=={added[name]}" for name in NAMES[:3]]


def test_a_newer_release_is_updated_by_its_deploy(shop, added):
    row = shop.module("partner_firstname")
    assert row["version_database"] == row["version_code"]
    assert added["partner_firstname"].startswith(row["version_database"])
    assert added["partner_firstname"] != OLD.strip().partition("==")[2]


@parity("5.7", "9.3")
def test_three_modules_of_the_index_are_installed(shop, installed):
    assert {"queue_job", "web_responsive"} <= set(installed["modules"])
    for name in NAMES[:3]:
        assert shop.module(name)["state"] == "installed", name
        assert shop.module(name)["origin"] == "package", name


def test_one_is_updated_by_hand(shop, installed):
    plan = shop.plan("update", "web_responsive")
    assert plan["modules"] == ["web_responsive"]
    done = shop.do(plan)
    step = shop.suite.step(done["run_id"][0], "update")
    assert "web_responsive" in step["result"]["modules"]


def test_one_is_removed_and_its_data_was_told_before(shop, installed):
    plan = shop.plan("uninstall", "queue_job")
    assert "queue_job" in plan["modules"]
    assert plan["table_count"] >= 3
    assert "queue_job_channel" in plan["lost"]
    shop.do(plan)
    shop.inventory()
    assert shop.module("queue_job")["state"] == "uninstalled"
    assert shop.suite.get(shop.suite.host(shop.environment)).status_code == 200


def test_one_that_has_no_release_for_this_odoo_is_refused(shop):
    shop.read("account_analytic_root")
    change = shop.add("account_analytic_root")
    assert change["state"] == "refused"
    assert "account-analytic-root" in change["said"]
    assert not change["commit"]


def test_one_that_does_not_fit_the_projects_requirements_is_refused(shop, added):
    text = shop.repository.show("main:requirements.txt")
    shop.repository.pull().write("requirements.txt", text + NEEDS_NEWER).push("A pin")
    shop.read("fs_storage")
    change = shop.add("fs_storage")
    assert change["state"] == "refused"
    assert "fsspec==2024.2.0" in change["said"]
    assert "releases of odoo-addon-fs-storage wants fsspec" in change["said"]
    assert "fs-storage" not in shop.repository.show("main:requirements.txt")
