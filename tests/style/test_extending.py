"""docs/extending.md is true: its calls exist with these parameters, its paths exist, its examples run."""

import ast
import dataclasses
import hashlib
import hmac
import importlib
import inspect
import json
import re
import sys
import types
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from ipai_ops.engine import compare, headlines, pipelines, policies, schedule, steps, webhooks
from ipai_ops.engine.plan import RunState, StepContext, StepState
from ipai_ops.engine.testing import PLATFORM, deploy_spec

from ipai_toolbox import cli
from ipai_toolbox.catalog import Column
from ipai_toolbox.job import Job
from ipai_toolbox.masking.policy import load_policy
from ipai_toolbox.neutralizing.checks import load_checks
from ipai_toolbox.spec import Spec

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
CALLS = re.findall(r"^\| `([\w.]+)\((.*?)\)` \|", PAGE, re.MULTILINE)
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
REGISTRIES = (headlines, pipelines, policies, schedule, steps, webhooks)
SECRET = "correct horse"


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def python_files():
    """Return the examples as {path: text}; the first line of each names its file."""
    return {text.partition("\n")[0].removeprefix("# "): text for text in blocks("python")}


def model_method(name):
    """Return the source's node of a method of a model, wherever the model is extended."""
    model, _dot, method = name.rpartition(".")
    for path in sorted((ROOT / "addons").rglob("models/**/*.py")):
        for part in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(part, ast.ClassDef) and model in names_of(part):
                yield from (n for n in part.body if getattr(n, "name", "") == method)


def names_of(part):
    """Return the models that a class defines or extends."""
    for node in part.body:
        target = getattr(node.targets[0], "id", "") if isinstance(node, ast.Assign) else ""
        if target in ("_name", "_inherit"):
            value = ast.literal_eval(node.value)
            yield from [value] if isinstance(value, str) else value


def resolved(name):
    """Return what a dotted name of the page means."""
    first, *rest = name.split(".")
    path = ["ipai_ops", "engine", *rest] if first == "engine" else [first, *rest]
    for length in range(len(path), 0, -1):
        try:
            found = importlib.import_module(".".join(path[:length]))
        except ModuleNotFoundError:
            continue
        for part in path[length:]:
            found = getattr(found, part)
        return found
    raise LookupError(name)


def parameters(function):
    """Return the parameters as the page writes them: without annotations and without self."""
    found = inspect.signature(function).parameters.values()
    if dataclasses.is_dataclass(function):
        makers = {field.name: field.default_factory for field in dataclasses.fields(function)}
        is_made = {name for name, maker in makers.items() if maker is not dataclasses.MISSING}
        found = [
            one.replace(default=makers[one.name]()) if one.name in is_made else one for one in found
        ]
    shown = (str(one.replace(annotation=inspect.Parameter.empty)) for one in found)
    return ", ".join(text for text in shown if text != "self")


def declared(node):
    arguments = ast.unparse(node.args)
    return ", ".join(text for text in arguments.split(", ") if text != "self")


@pytest.mark.parametrize(("name", "given"), CALLS, ids=[name for name, _given in CALLS])
def test_a_call_on_the_page_exists_with_these_parameters(name, given):
    if name.startswith(("ops.", "ipai.")):
        assert given in [declared(node) for node in model_method(name)]
    else:
        assert given == parameters(resolved(name))


def test_every_way_to_register_is_on_the_page():
    named = {name for name, _given in CALLS}
    for path in sorted((ROOT / "addons" / "ipai_ops" / "engine").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT / "addons" / "ipai_ops").with_suffix("").parts)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if any(getattr(node, "name", "") == "register" for node in tree.body):
            assert f"{module.removesuffix('.__init__')}.register" in named


def test_paths_on_the_page_exist():
    named = set(re.findall(r"`((?:addons|toolbox|tests|docs)/[\w./]+)`", PAGE))
    new = {"toolbox/ipai_toolbox/verbs/disk_use.py"}
    assert len(named) > 10 and new <= named
    assert not [name for name in named - new if not (ROOT / name).exists()]


def test_each_extension_takes_three_files_at_most_and_the_table_says_how_many():
    table = dict(re.findall(r"^\| \[.+?\]\(#(.+?)\) \| (.+?) \|", PAGE, re.MULTILINE))
    counted = {}
    for title, text in SECTIONS.items():
        anchor = re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
        counted[anchor] = len(re.findall(r"^\d\. `", text, re.MULTILINE))
    assert set(table) == set(counted)
    for anchor, count in counted.items():
        assert str(count) in table[anchor] and 1 <= count <= 3


@pytest.fixture
def acme(tmp_path, monkeypatch):
    """The examples as an addon beside the engine; the registries are as before afterwards."""
    for name, text in python_files().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text.replace("odoo.addons.ipai_ops", "ipai_ops"))
    monkeypatch.syspath_prepend(tmp_path)
    kept = [
        (value, value.copy())
        for module in REGISTRIES
        for name, value in vars(module).items()
        if isinstance(value, dict | list | set) and name != "__builtins__"
    ]
    yield lambda name: importlib.import_module(name)
    for value, before in kept:
        value.clear()
        value.extend(before) if isinstance(value, list) else value.update(before)
    for name in [name for name in sys.modules if name.partition(".")[0] in ("acme_tools", "verbs")]:
        del sys.modules[name]


def context(kind, **environment):
    spec = deploy_spec()
    spec = {**spec, "environment": {**spec["environment"], **environment}}
    spec["redeploy"] = {"image": "registry/acme@sha256:9"}
    states = tuple(StepState(p.name, p.kind) for p in pipelines.plan_for(kind, spec).steps)
    return StepContext(RunState(34, kind, spec, states), states[0], 1, PLATFORM)


def test_the_run_of_the_page_is_planned_and_its_step_makes_a_job(acme):
    acme("acme_tools.steps")
    here = context("disk_use", database="acme")
    job = steps.job(here)
    assert job.image == "registry/acme@sha256:9" and job.command[-1] == "disk_use"
    order = json.loads(job.environment["IPAI_SPEC"])
    assert order["filestore"].endswith(order["database"])
    assert steps.is_needless(context("disk_use", database=None)) and not steps.is_needless(here)
    assert schedule.lane_of("disk_use") == "export" and not policies.names_of("disk_use")
    assert headlines.headline("disk_use", "done") == "Files counted"


def test_the_rule_of_the_page_judges(acme):
    acme("acme_tools.engine")
    on = {
        day: policies.Facts("deploy", "production", datetime(2026, 4, day, tzinfo=UTC))
        for day in (29, 30)
    }
    assert policies.judge("month_end", {}, on[29]).holds
    assert not policies.judge("month_end", {}, on[30]).holds
    assert ("month_end", "Not while books are closed") in policies.labels()


def test_the_forge_of_the_page_believes_its_signature_alone(acme):
    acme("acme_tools.engine")
    body = json.dumps({"ref": "refs/heads/main", "after": "a" * 40, "subject": "x"}).encode()
    signed = {"x-mirror-signature": hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}
    forge = webhooks.forge_of(signed)
    assert forge.NAME == "forgejo_mirror" and forge.verify(signed, body, SECRET)
    assert not forge.verify(signed, body + b" ", SECRET) and not forge.verify({}, body, SECRET)
    assert forge.parse(signed, body) == webhooks.PushEvent("main", "a" * 40, "x")
    assert compare.compare_url(forge.NAME, "https://m.example/x.git", "1", "2").endswith(
        "/x/compare/1..2"
    )
    assert webhooks.forge_of({"x-github-event": "push"}).NAME == "github"


def test_the_verb_of_the_page_counts(acme, tmp_path):
    stored = tmp_path / "acme" / "ab" / ("ab" + "c" * 38)
    stored.parent.mkdir(parents=True)
    stored.write_bytes(b"12345")
    events = types.SimpleNamespace(progress=lambda fraction, message: None)
    order = Spec({"database": "acme", "filestore": str(tmp_path / "acme")})
    assert acme("verbs.disk_use").run(Job(order, events, None)) == {"files": 1, "bytes": 5}
    assert "check" in cli.VERBS


class Desk:
    """What the turn of the page sees of Odoo: an env whose every move is written down."""

    def __init__(self, tickets):
        self.moves, self.tickets = [], tickets
        self.cr = types.SimpleNamespace(commit=lambda: self.moves.append("commit"))

    def __call__(self, **_options):
        return self

    def __getitem__(self, _model):
        return self

    def ref(self, _name):
        return types.SimpleNamespace(_take=lambda: "events")

    def _plan(self, events):
        self.moves.append(f"plan {events}")

    def search(self, _domain):
        return self.tickets

    def call(self, key, _subject):
        self.moves.append(f"call {key}")
        return "T1"


def test_the_turn_of_the_page_calls_between_two_commits(acme):
    ticket = types.SimpleNamespace(id=4, subject="x", write=lambda vals: desk.moves.append(vals))
    desk = Desk([ticket])
    acme("acme_tools.driver").work(desk, call=desk.call, clock=lambda: 0)
    done = {"number": "T1", "state": "sent"}
    assert desk.moves == ["plan events", "commit", "commit", "call ipai-4", done, "commit"]


def test_examples_of_other_languages_are_read_by_what_reads_them():
    policy, check = map(json.loads, blocks("json"))
    rules = load_policy(policy)
    for label, kind in policy.items():
        assert rules.decide(Column("public", *label.split("."), "varchar", 40)).kind == kind
    known = {"name", "table", "needs", "where", "set", "delete"}
    assert set(check) <= known and {"name", "table", "where"} <= set(check)
    assert load_checks()
    assert [ElementTree.fromstring(text).tag for text in blocks("xml")] == ["odoo", "odoo"]
    for name, text in python_files().items():
        compile(text, name, "exec")


def test_the_view_that_the_page_extends_is_there():
    views = "".join(
        p.read_text() for p in (ROOT / "addons/ipai_ops/views").glob("environment*.xml")
    )
    assert 'id="environment_view_form"' in views
