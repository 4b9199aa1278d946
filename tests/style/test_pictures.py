"""Pictures in the repository stay few and small; the whole gallery is made by the browser tests."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from gallery import write_index  # noqa: E402

SCREENS = ROOT / "docs" / "screens"
MOST_PICTURES = 15
LARGEST_BYTES = 60_000
ALL_BINARIES_BYTES = 1_500_000
SHOWN = re.compile(r"screens/([a-z0-9-]+\.png)")


def tracked():
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def is_binary(path):
    return b"\0" in path.read_bytes()[:8000]


def test_every_picture_is_shown_on_a_page_and_every_shown_picture_is_there():
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    shown = {name for page in pages for name in SHOWN.findall(page.read_text(encoding="utf-8"))}
    kept = {path.name for path in SCREENS.glob("*.png")}
    assert kept == shown
    assert 0 < len(kept) <= MOST_PICTURES


def test_no_picture_is_large():
    large = {p.name: p.stat().st_size for p in SCREENS.glob("*.png")}
    assert {name: size for name, size in large.items() if size > LARGEST_BYTES} == {}


def test_all_binaries_together_stay_small():
    binaries = {path: path.stat().st_size for path in tracked() if is_binary(path)}
    assert len(binaries) >= MOST_PICTURES
    assert sum(binaries.values()) < ALL_BINARIES_BYTES


def test_the_gallery_lists_each_screen_at_each_width(tmp_path):
    for name in ("board-desktop", "board-phone", "run-failed-desktop"):
        (tmp_path / f"{name}.png").write_bytes(b"")
    assert write_index(tmp_path, ("desktop", "phone")) == ["board", "run-failed"]
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'src="([^"]+)"', page) == [
        "board-desktop.png",
        "board-phone.png",
        "run-failed-desktop.png",
    ]
