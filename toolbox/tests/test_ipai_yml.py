"""The example, the schema and the page of .ipai.yml say what its reader does."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from ipai_toolbox.ipai_yml import Settings, read_settings
from ipai_toolbox.ipai_yml_keys import KEYS
from ipai_toolbox.ipai_yml_pages import EXAMPLE, SCHEMA, example, schema

DOCS = Path(__file__).resolve().parents[2] / "docs"
RENEW = "Run: script/python -m ipai_toolbox.ipai_yml_pages docs"
VALIDATOR = Draft202012Validator(schema())


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A repository with what the example and the generated files name."""
    folder = tmp_path_factory.mktemp("repository")
    for name in ("addons", "vendor/oca", "docker"):
        (folder / name).mkdir(parents=True)
    (folder / "docker" / "Dockerfile").write_text("ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n")
    return folder


def is_read(root, text):
    (root / ".ipai.yml").write_text(text, encoding="utf-8")
    return not read_settings(root)[1]


def is_valid(text):
    try:
        return VALIDATOR.is_valid(yaml.safe_load(text))
    except yaml.YAMLError:
        return False


def with_rare_keys(text):
    return re.sub(r"^#(?=\w+:)", "", text, flags=re.MULTILINE)


def test_the_example_and_the_schema_are_those_of_the_reader():
    assert (DOCS / EXAMPLE).read_text() == example(), RENEW
    assert json.loads((DOCS / SCHEMA).read_text()) == schema(), RENEW


def test_the_page_shows_the_example():
    [shown] = re.findall(r"```yaml\n(.*?)```", (DOCS / "ipai-yml.md").read_text(), re.DOTALL)
    assert shown == example()


def test_the_page_explains_no_key_that_the_reader_lacks():
    explained = re.findall(r"^### `(\w+)`$", (DOCS / "ipai-yml.md").read_text(), re.MULTILINE)
    assert set(explained) <= set(KEYS)


@pytest.mark.parametrize("change", [str, with_rare_keys])
def test_the_example_is_read_and_valid(root, change):
    text = change((DOCS / EXAMPLE).read_text())
    assert is_read(root, text), read_settings(root)[1]
    assert is_valid(text)


def test_every_key_is_in_the_reader_the_example_and_the_schema():
    document = yaml.safe_load(with_rare_keys((DOCS / EXAMPLE).read_text()))
    properties = json.loads((DOCS / SCHEMA).read_text())["properties"]
    assert set(KEYS) == {field.name for field in fields(Settings)} == set(document)
    assert list(KEYS) == list(properties)
    for name, facts in properties.items():
        assert facts["title"] and facts["description"] and facts["examples"] == [document[name]]


def test_the_schema_is_a_schema_and_its_examples_and_defaults_are_valid():
    Draft202012Validator.check_schema(schema())
    for name, facts in schema()["properties"].items():
        for value in [*facts["examples"], *([facts["default"]] if "default" in facts else [])]:
            assert VALIDATOR.is_valid({name: value})


TABLE = [
    "", "# nothing\n", "null\n", "{}\n", "[]\n", "text\n", "1\n", "- install\n", "!!set {install}\n",
    "instal: []\n", "environment: {A: b}\n", "workers: 4\n", "1: x\n", "? [a]\n: b\n", "a: [\n",
    "addons: ['']\n", "addons: [addons/]\n", "addons: [/etc]\n", "addons: ['..']\n", "addons: [../x]\n",
    "dockerfile: docker/Dockerfile\n", "dockerfile: [docker/Dockerfile]\n", "base_image: ''\n",
    "tests: no\n", "tests: Off\n", "tests: 'no'\n", "tests: true\n", "tests: [false]\n", "tests:\n",
    "tests: []\n", 'install: ["sale\\n"]\n', "install: [[sale]]\n", "install: {sale: }\n",
    "install: [null]\n", "install: [~]\n", "apt: [2024-01-01]\n", "apt: [1.5]\n",
    "apt: [curl=7.88.1-10+deb12u5]\n", "python: ['-r other.txt']\n", "python: [\"a\\nb\"]\n",
    "tests: [é]\n", "base_image: registry.example/odoo@sha256:0\n", "base_image: 19\n",
    "install: !!python/tuple [sale]\n",
]  # fmt: skip


@pytest.mark.parametrize("text", TABLE)
def test_reader_and_schema_judge_alike(root, text):
    assert is_read(root, text) == is_valid(text)


def test_the_table_has_both_kinds():
    verdicts = [is_valid(text) for text in TABLE]
    assert verdicts.count(True) >= 10 and verdicts.count(False) >= 10


WORDS = [
    "addons",
    "vendor/oca",
    "docker/Dockerfile",
    "sale",
    "odoo:19.0",
    "/tag",
    "-tag",
    "",
    "no",
    "1",
    "ä",
]
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.sampled_from(WORDS)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=2)
    ),
    max_leaves=6,
)
NAMES = st.sampled_from([*KEYS, *KEYS, "instal", "workers", "environment", "Addons"])


class WithoutAliases(yaml.SafeDumper):
    """Writes each value out; the reader takes no anchors."""

    def ignore_aliases(self, data):
        return True


PATHS = {"addons": {"addons", "vendor/oca"}, "dockerfile": {"docker/Dockerfile"}}


def names_what_is_there(name, value):
    """A schema cannot see files: only existing ones are compared."""
    texts = value if isinstance(value, list) else [value]
    return all(not isinstance(one, str) or not one or one in PATHS[name] for one in texts)


@settings(
    max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(document=st.dictionaries(NAMES, VALUES, max_size=3) | VALUES)
def test_reader_and_schema_judge_any_file_alike(root, document):
    if isinstance(document, dict):
        document = {
            name: value
            for name, value in document.items()
            if name not in PATHS or names_what_is_there(name, value)
        }
    text = yaml.dump(document, Dumper=WithoutAliases)
    assert is_read(root, text) == is_valid(text), text
