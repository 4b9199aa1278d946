"""Every kind of fact that is told is listed, documented, and has its words in Slack; and none else is."""

import ast
import re
from pathlib import Path

from ipai_slack_connector.engine import facts

ROOT = Path(__file__).resolve().parents[2]
TELLERS = {"_note_fact", "_note_data", "_tell"}


def is_teller(call, path):
    """Say whether a call writes to the log of facts: by its name, or on the model itself."""
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return False
    on_facts = "ops.fact" in ast.unparse(call.func.value) or path.name == "alert.py"
    return call.func.attr in TELLERS or (call.func.attr == "_note" and on_facts)


def told():
    """Return the kinds that the code tells, by their first argument."""
    for path in (ROOT / "addons" / "ipai_ops").rglob("*.py"):
        if "tests" not in path.parts:
            for call in filter(
                lambda node: is_teller(node, path), ast.walk(ast.parse(path.read_text()))
            ):
                if call.args and isinstance(call.args[0], ast.Constant):
                    yield call.args[0].value


def listed():
    tree = ast.parse((ROOT / "addons/ipai_ops/models/outbox/fact.py").read_text())
    [value] = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "FACT_KINDS"
    ]
    return dict(ast.literal_eval(value))


def documented():
    text = (ROOT / "docs" / "n8n.md").read_text()
    return set(re.findall(r"^\| `([a-z.]+)` \|", text, re.MULTILINE))


def test_what_is_told_is_what_is_listed():
    assert set(told()) == set(listed())


def test_what_is_listed_is_documented():
    assert documented() >= set(listed())


def test_what_is_listed_has_words_in_slack():
    assert set(listed()) == set(facts.WORDS)
