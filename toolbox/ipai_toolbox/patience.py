"""Waits for servers that are starting: after a crash everything comes back at its own pace."""

import os
import time
from collections.abc import Callable

from .outcome import Unreachable

DATABASE_SECONDS = 120
REGISTRY_SECONDS = 40
PAUSE_SECONDS = 1.0


def patiently(ask: Callable, seconds: float, sleep=time.sleep, clock=time.monotonic):
    """The answer of `ask`, asked again while it raises Unreachable, for `seconds` at most.

    IPAI_PATIENCE_SECONDS in the environment sets another limit.
    """
    deadline = clock() + float(os.environ.get("IPAI_PATIENCE_SECONDS") or seconds)
    while True:
        try:
            return ask()
        except Unreachable:
            if clock() >= deadline:
                raise
        sleep(PAUSE_SECONDS)
