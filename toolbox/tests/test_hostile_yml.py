"""A .ipai.yml that was written to hurt: read in bounded time and memory, refused at its line."""

import re
import resource
import time
from pathlib import Path

import pytest

from ipai_toolbox.ipai_yml import read_settings

ROOT = Path(__file__).parents[2]
SECONDS = 5
LAUGHS = "a0: &a0 [x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)
HOSTILE = {
    "billion laughs": (LAUGHS, 1),
    "billion laughs as a key": (LAUGHS + "? *a11\n: 1\n", 1),
    "an alias of itself": ("tests: &a [*a]\n", 1),
    "a key that holds itself": ("? &a [*a]\n: 1\n", 1),
    "an alias that nobody made": ("workers: 2\ntests: *nobody\n", 2),
    "a merged mapping": ("workers: 2\n<<: &a {tests: false}\n", 2),
    "deep lists": ("workers: 2\ntests: " + "[" * 90_000, 2),
    "deep mappings": ("tests: " + "{a: " * 20_000, 1),
    "deep blocks": ("\n".join(" " * n + "a:" for n in range(400)), 6),
    "deep keys": ("? " * 40_000, 1),
    "a huge word": ("workers: 2\ninstall:\n- " + "a" * 90_000, 3),
    "a huge number": ("workers: " + "9" * 5000, 1),
    "a number that is none": ("workers: ²\n", 1),
    "a huge path": ("addons:\n- " + "a/" * 2000 + "a" * 300, 2),
    "half a character": ('addons:\n- "\\ud800"\n', 2),
    "a NUL": ('addons:\n- "a\\0b"\n', 2),
    "a NUL as it is": ("workers: 2\nbase_image: a\0b\n", 2),
    "a tag of Python": ("workers: 2\ntests: !!python/object/apply:os.system [id]\n", 2),
    "a tag of Python at the whole": ("!!python/object/new:os.system\ntests: false\n", 1),
    "a tag of its own": ("tests: !secret [a]\n", 1),
    "a binary": ("base_image: !!binary aWQ=\n", 1),
    "two documents": ("workers: 2\n---\nworkers: 3\n", 2),
    "many keys": ("".join(f"k{n}: 1\n" for n in range(9000)), 1001),
    "many anchors": ("tests: [" + ", ".join(f"&a{n} x" for n in range(9000)) + "]", 1),
    "a list as a key": ("[workers]: 2\n", 1),
    "bytes of no character": (b"workers: 2\nbase_image: \xff\xfe\n", 2),
}


def test_links_in_a_circle_lead_nowhere(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    (tmp_path / ".ipai.yml").write_text("addons: [a]\n")
    assert read_settings(tmp_path)[1][0].startswith('.ipai.yml, line 1, key "addons": ')


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_at_its_line_and_at_once(name, tmp_path):
    content, line = HOSTILE[name]
    (tmp_path / ".ipai.yml").write_bytes(
        content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    )
    began, memory = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _settings, problems = read_settings(tmp_path)
    assert time.process_time() - began < SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 200_000
    assert re.match(rf"\.ipai\.yml, line {line}\b", problems[0]), problems[0][:300]
    assert max(map(len, problems)) < 500 and len(problems) <= 50
    assert "\n".join(problems).encode()
    assert "object at 0x" not in problems[0] and "Node(" not in problems[0]


def test_no_other_code_of_the_product_reads_yaml():
    readers = [
        path.relative_to(ROOT).as_posix()
        for folder in ("addons", "toolbox", "images", "script")
        for path in (ROOT / folder).rglob("*.py")
        if "tests" not in path.parts
        and re.search(r"^\s*import yaml|from yaml", path.read_text(), re.M)
    ]
    assert readers == ["toolbox/ipai_toolbox/ipai_yml.py"]
