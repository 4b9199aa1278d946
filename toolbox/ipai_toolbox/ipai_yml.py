"""Reads .ipai.yml: every error names file, line and key."""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from .ipai_yml_keys import ELSEWHERE, KEYS
from .ipai_yml_values import FILE, LONGEST_VALUE, ODD, Problem
from .outcome import Failure

LARGEST_BYTES = 100_000
DEEPEST = 5
MOST_VALUES = 2000
MOST_PROBLEMS = 20
MAPPING, NOTHING = "tag:yaml.org,2002:map", "tag:yaml.org,2002:null"


@dataclass(frozen=True)
class Settings:
    """What a repository says about its own build; None or empty means the default."""

    addons: tuple[str, ...] = ()
    install: tuple[str, ...] | None = None
    tests: tuple[str, ...] | None = None
    base_image: str = ""
    dockerfile: str = ""
    python: tuple[str, ...] = ()
    apt: tuple[str, ...] = ()


def read_settings(root: Path) -> tuple[Settings, list[str]]:
    """The settings, and all problems as sentences; no file gives the defaults."""
    path = root / FILE
    if path.is_symlink() or not path.is_file():
        return Settings(), []
    if path.stat().st_size > LARGEST_BYTES:
        return Settings(), [f"{FILE}, line 1: the file is larger than {LARGEST_BYTES} bytes"]
    return _parse(path.read_text(encoding="utf-8", errors="replace"), root)


def settings_or_failure(root: Path) -> Settings:
    """The settings. Raises Failure with the first problem and the number of others."""
    settings, problems = read_settings(root)
    if not problems:
        return settings
    more = f" (and {len(problems) - 1} more: see the log)" if len(problems) > 1 else ""
    raise Failure(
        f"{problems[0]}{more}", "Correct .ipai.yml; its keys are described in docs/ipai-yml.md"
    )


def _parse(text: str, root: Path) -> tuple[Settings, list[str]]:
    try:
        pairs = _pairs(text)
    except Problem as problem:
        return Settings(), [str(problem)]
    values: dict[str, Any] = {}  # what a key's kind of value reads; Settings has the same names
    problems: list[str] = []
    for key, node in pairs:
        try:
            name = _known(key, values)
            values[name] = KEYS[name].value.read(node, name, root)
        except Problem as problem:
            problems.append(str(problem))
        if len(problems) == MOST_PROBLEMS:
            break
    return Settings(**values), problems


def _yaml():
    """PyYAML of the tools image; nothing else of the toolbox needs more than Python itself."""
    try:
        import yaml
    except ImportError as error:
        raise Failure(
            f"{FILE} cannot be read: the tools image has no YAML library",
            "Build the tools image with python3-yaml",
        ) from error
    return yaml


def _pairs(text: str):
    yaml = _yaml()
    try:
        _check_form(text, yaml)
        document = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Problem(line, "", f"this is not YAML: {error.problem}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise Problem(line, "", f"this is not YAML: {error.reason}") from error
    if document is None or document.tag == NOTHING:
        return []
    if not isinstance(document, yaml.MappingNode) or document.tag != MAPPING:
        raise Problem(document.start_mark.line + 1, "", "expected keys with values")
    return document.value


def _check_form(text: str, yaml) -> None:
    """Look at the file piece by piece, before anything is built of it. Raises Problem."""
    depth = count = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        count += isinstance(event, yaml.ScalarEvent)
        if count > MOST_VALUES:
            raise Problem(
                event.start_mark.line + 1, "", f"the file has more than {MOST_VALUES} values"
            )
        if wrong := _unfit(event, depth):
            raise Problem(event.start_mark.line + 1, "", wrong)


def _unfit(event, depth: int) -> str:
    value = getattr(event, "value", "")
    if getattr(event, "anchor", None):
        return "anchors and aliases (& and *) are not taken; write the value out"
    if getattr(event, "tag", None):
        return f"tags are not taken; leave {event.tag[:60]} out"
    if depth > DEEPEST:
        return f"this is nested deeper than {DEEPEST} levels"
    if len(value) > LONGEST_VALUE:
        return f"this value is longer than {LONGEST_VALUE} characters"
    return "this value holds a character that no text has" if ODD.search(value) else ""


def _known(key, values: dict) -> str:
    line = key.start_mark.line + 1
    if key.id != "scalar":
        raise Problem(line, "", f"expected the name of a key, found a {key.id}")
    name = str(key.value)
    if name in ELSEWHERE:
        raise Problem(line, name, ELSEWHERE[name])
    if name not in KEYS:
        close = get_close_matches(name, KEYS, n=1)
        guess = f'did you mean "{close[0]}"?' if close else f"known keys are {', '.join(KEYS)}"
        raise Problem(line, name, f"unknown key; {guess}")
    if name in values:
        raise Problem(line, name, "this key is there twice")
    return name
