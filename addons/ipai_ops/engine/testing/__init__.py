"""A world to test in: a runtime, a clock and a journal in memory, and a way to be killed.

FakeRuntime keeps the same contract as the Swarm adapter (one suite runs on both). ``Killer``
ends the control plane at any border crossing, before or after it took effect.
"""

from .journal import MemoryJournal
from .runtime import FakeRuntime
from .world import PLATFORM, START, FakeClock, Killed, Killer, data_spec, deploy_spec

__all__ = [
    "PLATFORM",
    "START",
    "FakeClock",
    "FakeRuntime",
    "Killed",
    "Killer",
    "MemoryJournal",
    "data_spec",
    "deploy_spec",
]
