"""Writes what documents .ipai.yml: `python -m ipai_toolbox.ipai_yml_pages <docs>`."""

import json
import re
import sys
from pathlib import Path
from textwrap import wrap

from .ipai_yml_keys import KEYS, Key

EXAMPLE, SCHEMA = "ipai.example.yml", "ipai.schema.json"
WIDTH = 96
PLAIN = re.compile(r"[a-z/][\w/.:-]*\w")
HEAD = (
    ".ipai.yml: how a repository is built. The file stands at the root of the repository; every key is "
    "optional, and an unknown key is an error.",
    "Keys that most repositories do without are switched off here by a # before them.",
)


def example() -> str:
    """The annotated example: every key with its meaning, its values and what holds without it."""
    head = "".join(f"# {line}\n" for sentence in HEAD for line in wrap(sentence, WIDTH))
    return head + "".join(_example(name, key) for name, key in KEYS.items())


def _example(name: str, key: Key) -> str:
    said = (key.about, f"Value: {key.allowed}.", f"Without it: {key.without}.")
    comments = "".join(f"# {line}\n" for sentence in said for line in wrap(sentence, WIDTH))
    return f"\n{comments}{'#' if key.is_rare else ''}{name}: {_yaml(key.example)}\n"


def schema() -> dict:
    """JSON Schema 2020-12 of the file as an editor reads it; whether a path is there only a build can see."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": ".ipai.yml",
        "description": "How a repository is built. All keys are optional.",
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {name: _property(name, key) for name, key in KEYS.items()},
    }


def _property(name: str, key: Key) -> dict:
    return {
        "title": name,
        "description": f"{key.about} Value: {key.allowed}. Without it: {key.without}.",
        **key.defaults,
        "examples": [key.example],
        **key.value.schema,
    }


def _yaml(value: str | list[str]) -> str:
    """The value as YAML on one line; words that YAML could take for something else are quoted."""
    if isinstance(value, list):
        return f"[{', '.join(map(_yaml, value))}]"
    return value if PLAIN.fullmatch(value) else json.dumps(value)


def write(docs: Path) -> None:
    (docs / EXAMPLE).write_text(example(), encoding="utf-8")
    (docs / SCHEMA).write_text(json.dumps(schema(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
