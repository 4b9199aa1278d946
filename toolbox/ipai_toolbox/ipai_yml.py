"""Reads .ipai.yml: every error names file, line and key."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from .outcome import Failure

FILE = ".ipai.yml"
LARGEST_BYTES = 100_000
DEEPEST = 5
LONGEST_VALUE = 1000
MOST_VALUES = 2000
LONGEST_PATH = 250
MOST_PROBLEMS = 20
ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
MODULE = re.compile(r"[a-z_][a-z0-9_]*")
PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]*(=[A-Za-z0-9.+:~-]+)?")
TEST_TAG = re.compile(r"[-+]?[\w/:.\[\]]+")
WORKERS = re.compile("[0-9]{1,2}")
IMAGE = re.compile(r"[a-z0-9][\w.:/@-]*")


@dataclass(frozen=True)
class Settings:
    """What a repository says about its own build; None or empty means the default."""

    addons: tuple[str, ...] = ()
    install: tuple[str, ...] | None = None
    tests: tuple[str, ...] | None = None
    base_image: str = ""
    dockerfile: str = ""
    workers: int | None = None
    python: tuple[str, ...] = ()
    apt: tuple[str, ...] = ()


class Problem(Exception):
    """Something wrong at one line."""

    def __init__(self, line: int, key: str, message: str):
        place = f'line {line}, key "{key[:60]}"' if key else f"line {line}"
        super().__init__(f"{FILE}, {place}: {message}")


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
    values, problems = {}, []
    for key, node in pairs:
        try:
            name = _known(key, values)
            values[name] = READERS[name](node, name, root)
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
    if document is None:
        return []
    if not isinstance(document, yaml.MappingNode):
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
    if name == "environment":
        raise Problem(
            line,
            name,
            "values of the environment do not belong in a repository; "
            "store them as secrets of the environment in the platform",
        )
    if name not in READERS:
        close = get_close_matches(name, READERS, n=1)
        guess = f'did you mean "{close[0]}"?' if close else f"known keys are {', '.join(READERS)}"
        raise Problem(line, name, f"unknown key; {guess}")
    if name in values:
        raise Problem(line, name, "this key is there twice")
    return name


def _words(node, key: str, pattern: re.Pattern, what: str) -> tuple[str, ...]:
    if node.id != "sequence":
        raise _expected(node, key, f"a list of {what}")
    return tuple(_word(item, key, pattern, what) for item in node.value)


def _word(node, key: str, pattern: re.Pattern, what: str) -> str:
    if node.id != "scalar" or not pattern.fullmatch(str(node.value)):
        raise _expected(node, key, what)
    return str(node.value)


def _expected(node, key: str, what: str) -> Problem:
    shown = f"'{node.value[:60]}'" if node.id == "scalar" else f"a {node.id}"
    return Problem(node.start_mark.line + 1, key, f"expected {what}, found {shown}")


def _inside(node, key: str, root: Path) -> Path:
    path = _word(node, key, re.compile(r"[^\0]+"), "a path")
    if len(path.encode()) > LONGEST_PATH:
        raise Problem(node.start_mark.line + 1, key, f"a path has {LONGEST_PATH} bytes at most")
    try:
        target = (root / path).resolve()
    except (OSError, RuntimeError) as error:  # links that lead in a circle
        raise Problem(node.start_mark.line + 1, key, f"the path {path} leads nowhere") from error
    if Path(path).is_absolute() or not target.is_relative_to(root.resolve()):
        raise Problem(node.start_mark.line + 1, key, f"the path {path} leads out of the repository")
    return target


def _addons(node, key: str, root: Path) -> tuple[str, ...]:
    if node.id != "sequence":
        raise _expected(node, key, "a list of folders")
    return tuple(_folder(item, key, root) for item in node.value)


def _folder(node, key: str, root: Path) -> str:
    target = _inside(node, key, root)
    if not target.is_dir():
        raise Problem(node.start_mark.line + 1, key, f"there is no folder {node.value}")
    return target.relative_to(root.resolve()).as_posix()


def _dockerfile(node, key: str, root: Path) -> str:
    target = _inside(node, key, root)
    if not target.is_file():
        raise Problem(node.start_mark.line + 1, key, f"there is no file {node.value}")
    return target.relative_to(root.resolve()).as_posix()


def _tests(node, key: str, _root: Path) -> tuple[str, ...]:
    if node.id == "scalar" and str(node.value).lower() in ("false", "no", "off"):
        return ()
    if node.id == "scalar":
        raise _expected(node, key, "false or a list of test tags")
    return _words(node, key, TEST_TAG, "test tags such as /my_addon")


def _workers(node, key: str, _root: Path) -> int:
    number = str(node.value)
    if node.id != "scalar" or not WORKERS.fullmatch(number) or int(number) > 64:
        raise _expected(node, key, "a number from 0 to 64")
    return int(number)


def _python(node, key: str, _root: Path) -> tuple[str, ...]:
    return _words(
        node, key, re.compile(r"[A-Za-z0-9][^\r\n]*"), "requirement lines such as 'phonenumbers>=8'"
    )


READERS = {
    "addons": _addons,
    "install": lambda node, key, root: _words(node, key, MODULE, "module names"),
    "tests": _tests,
    "base_image": lambda node, key, root: _word(node, key, IMAGE, "the name of an image"),
    "dockerfile": _dockerfile,
    "workers": _workers,
    "python": _python,
    "apt": lambda node, key, root: _words(node, key, PACKAGE, "Debian package names"),
}
