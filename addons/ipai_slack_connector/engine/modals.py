"""The forms that open in Slack: deploy, where to look, roll back, reject with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass

from .messages import plain, section
from .text import OPTION_LIMIT, TITLE_LIMIT, cut, escape

MOST_OPTIONS = 100
METADATA_LIMIT = 3000
WARNING = (
    "The environment goes back to a build it ran before. Unless its data goes back too, "
    "nothing written since is lost, and what an update did to the database stays."
)


@dataclass(frozen=True)
class Choice:
    """One line of a drop-down: what is sent, and what is read."""

    value: str
    label: str


def deploy(choices: Sequence[Choice], chosen: str = "", metadata: str = "") -> dict:
    """Return the form that asks where to deploy what."""
    blocks = [
        _select("environment", "Environment", choices, chosen),
        _input("target", "Branch or commit", "Blank: the newest commit of its branch", False),
    ]
    return _view("deploy", "Deploy", "Deploy", blocks, metadata)


def where(verb: str, title: str, choices: Sequence[Choice], metadata: str = "") -> dict:
    """Return the form that asks of which environment something shall be shown."""
    blocks = [_select("environment", "Environment", choices, "")]
    return _view(verb, title, "Show", blocks, metadata)


def rollback_anywhere(places: Sequence[tuple[str, Sequence[Choice]]], metadata: str = "") -> dict:
    """Return the form that offers the builds of several environments; ``places``: (name, builds)."""
    groups = [
        {"label": plain(cut(name, OPTION_LIMIT)), "options": [_option(one) for one in builds]}
        for name, builds in places[:MOST_OPTIONS]
    ]
    element = {"type": "static_select", "action_id": "build", "option_groups": groups}
    chosen = {"type": "input", "block_id": "build", "label": plain("Go back to")}
    blocks = [section(WARNING), chosen | {"element": element}, _data()]
    return _view("rollback", "Roll back", "Roll back", blocks, metadata)


def rollback(place: str, builds: Sequence[Choice], metadata: str) -> dict:
    """Return the form that offers the deploys an environment can go back to, with data or without."""
    said = f"*{escape(place)}*: {WARNING}"
    blocks = [section(said), _select("build", "Go back to", builds, ""), _data()]
    return _view("rollback", "Roll back", "Roll back", blocks, metadata)


def reject(headline: str, metadata: str) -> dict:
    """Return the form that asks why a run is rejected."""
    blocks = [section(escape(headline)), _input("reason", "Reason", "Everybody sees it", True)]
    return _view("reject", "Reject", "Reject", blocks, metadata)


def _data():
    choices = (
        Choice("keep", "Keep today's data"),
        Choice("back", "Also bring the data back: lose what was written since"),
    )
    return _select("data", "Data", choices, "keep")


def _view(name, title, submit, blocks, metadata):
    return {
        "type": "modal",
        "callback_id": f"ops_{name}",
        "title": plain(cut(title, TITLE_LIMIT)),
        "submit": plain(cut(submit, TITLE_LIMIT)),
        "close": plain("Cancel"),
        "private_metadata": metadata[:METADATA_LIMIT],
        "blocks": blocks,
    }


def _select(name, label, choices, chosen):
    options = [_option(choice) for choice in choices[:MOST_OPTIONS]]
    element = {"type": "static_select", "action_id": name, "options": options}
    initial = [option for option in options if option["value"] == chosen]
    if initial:
        element["initial_option"] = initial[0]
    return {"type": "input", "block_id": name, "label": plain(label), "element": element}


def _option(choice):
    return {"text": plain(cut(choice.label, OPTION_LIMIT)), "value": choice.value}


def _input(name, label, hint, is_required):
    element = {"type": "plain_text_input", "action_id": name, "max_length": 500}
    block = {"type": "input", "block_id": name, "label": plain(label), "element": element}
    return block | {"hint": plain(hint), "optional": not is_required}
