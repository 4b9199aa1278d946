"""The shipped workflows: files of n8n with blanks that an import fills in."""

import json

BLANK = "__{}__"


def fill(text: str, values: dict[str, str]) -> dict:
    """Return the workflow with its blanks filled; values are escaped for JSON."""
    for name, value in values.items():
        text = text.replace(BLANK.format(name), json.dumps(value)[1:-1])
    return json.loads(text)


def without_branches(workflow: dict, prefixes: tuple[str, ...]) -> dict:
    """Switch off the nodes of branches nobody has set up: they let the data through, do nothing."""
    nodes = [
        {**node, "disabled": True} if node["name"].startswith(prefixes) else node
        for node in workflow["nodes"]
    ]
    for node in nodes:
        if node.get("disabled"):
            node.pop("credentials", None)
    return {**workflow, "nodes": nodes}


def paths(workflow: dict) -> list[str]:
    """Return the webhook paths of the workflow's triggers."""
    return [
        node["parameters"]["path"]
        for node in workflow["nodes"]
        if node["type"] == "n8n-nodes-base.webhook"
    ]
