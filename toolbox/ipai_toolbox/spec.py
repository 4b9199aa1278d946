"""The job's specification: JSON in the environment, never with secrets."""

import json
from dataclasses import dataclass

from .outcome import Failure

FAULT = "This is a fault of the platform, not of your repository: report it with this run's log"


@dataclass(frozen=True)
class Spec:
    """What the job shall do, read with checks: a missing key is one clear sentence."""

    values: dict

    @property
    def run(self) -> int:
        return self._typed("run", int)

    @property
    def step(self) -> str:
        return self.text("step")

    @property
    def attempt(self) -> int:
        return self._typed("attempt", int)

    @property
    def fence(self) -> str:
        return self.values.get("fence") or f"{self.run}-{self.step}-{self.attempt}"

    def text(self, key: str) -> str:
        return self._typed(key, str)

    def maybe_text(self, key: str, default: str = "") -> str:
        return self.text(key) if self.values.get(key) is not None else default

    def texts(self, key: str) -> list[str]:
        """A list of words; a missing key is an empty list."""
        values = self._typed(key, list) if self.values.get(key) is not None else []
        if not all(isinstance(value, str) for value in values):
            raise Failure(
                f"The job's specification has something else than words in '{key}'", FAULT
            )
        return values

    def part(self, key: str) -> dict:
        return self._typed(key, dict)

    def get(self, key: str, default=None):
        return self.values.get(key, default)

    def _typed(self, key: str, kind: type):
        value = self.values.get(key)
        if not isinstance(value, kind):
            raise Failure(f"The job's specification has no usable '{key}'", FAULT)
        return value


def read_spec(text: str | None) -> Spec:
    """The specification from its JSON text."""
    try:
        values = json.loads(text or "")
    except ValueError as error:
        raise Failure(f"The job's specification is not JSON: {error}", FAULT) from error
    if not isinstance(values, dict):
        raise Failure("The job's specification is not an object", FAULT)
    return Spec(values)
