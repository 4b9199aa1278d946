"""The suites: which tests each has, what it needs of the Docker engine, and which paths it covers."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULT = ROOT / "tests" / "measured" / "whole.json"  # of the last run that was kept


class Engine(Enum):
    """What a suite does to the Docker engine that all suites share."""

    UNUSED = "unused"
    SHARED = "shared"
    EXCLUSIVE = "exclusive"  # kills or restarts it, or needs its figures undisturbed


@dataclass(frozen=True)
class Suite:
    """Tests that run in one pytest process.

    ``paths`` and ``options`` are pytest's words; ``covers`` are the paths of the repository whose
    change asks for this suite; ``minutes`` is what it takes on two busy cores, to begin with the longest.
    """

    name: str
    paths: tuple[str, ...]
    engine: Engine = Engine.UNUSED
    minutes: float = 1
    covers: tuple[str, ...] = ("addons/",)
    options: tuple[str, ...] = ()

    @property
    def words(self):
        return [*self.options, *self.paths]


KILLERS = ("tests/integration/test_chaos.py",)
PRODUCT = ("addons/ipai_ops/", "toolbox/", "images/", "script/provision/", "demo/")
FIRST = (
    Suite("style", ("tests/style",), covers=("",), minutes=0.2),
    Suite("engine", ("tests/engine",), covers=("addons/", "tests/engine"), minutes=0.4),
    Suite("toolbox", ("toolbox",), covers=("toolbox/",), minutes=0.5),
    Suite(
        "scripts",
        ("tests/provision", "tests/adapters", "tests/gate"),
        covers=("script/", "images/", "deploy/", "addons/ipai_ops/adapters/"),
        minutes=0.7,
    ),
)
REST = (
    Suite("chaos", KILLERS, Engine.EXCLUSIVE, minutes=8, covers=PRODUCT),
    Suite(
        "integration",
        ("tests/integration",),
        Engine.SHARED,
        minutes=25,
        covers=PRODUCT,
        options=tuple(f"--ignore={path}" for path in KILLERS),
    ),
    Suite("addons", ("tests/addons",), minutes=15),
    Suite("browser", ("tests/browser",), minutes=10),
    Suite("dataplane", ("tests/dataplane",), Engine.SHARED, minutes=7, covers=PRODUCT),
    Suite("oidc", ("tests/oidc",), minutes=4, covers=("addons/ipai_auth_oidc/",)),
    Suite("n8n", ("tests/n8n",), minutes=3, covers=("addons/ipai_n8n_bridge/", "addons/ipai_ops/")),
    Suite("runtime", ("tests/contract", "tests/edge"), Engine.SHARED, minutes=3, covers=PRODUCT),
    Suite("stack", ("tests/stack",), Engine.SHARED, minutes=3, covers=(*PRODUCT, "deploy/")),
)
# The quick ones first: what fails early is told early. Then the longest of those that may begin.
SUITES = (*FIRST, *REST)
