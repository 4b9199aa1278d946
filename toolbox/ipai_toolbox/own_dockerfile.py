"""Checks a project's own Dockerfile: whose images it uses, and what it may ask of the builder."""

import re
import shlex
from collections.abc import Callable, Mapping

from .docker_cli import Base
from .dockerfile_lines import HINT, Instruction, instruction, read, write
from .image_names import ImageRules
from .outcome import Failure

STAGE = re.compile(r"[a-z][a-z0-9_.-]*")
VARIABLE = re.compile(r"\$(?:\{(\w+)(?:(:[-+])([^{}$]*))?\}|(\w+))")
PLAIN = re.compile(r"[^\s'\"\\`]*")
REFUSED = {
    "--network": ("", "default", "none"),
    "--security": ("", "sandbox"),
}


class OwnDockerfile:
    """One check of one file; `base_of` gives the facts of an image that is not built here."""

    def __init__(
        self,
        name: str,
        rules: ImageRules,
        arguments: Mapping[str, str],
        base_of: Callable[[str], Base],
    ):
        self.name, self.rules, self.arguments, self.base_of = name, rules, arguments, base_of
        self.values: dict[str, str | None] = {}
        self.stages: list[str] = []
        self.number = 0
        self.bases: list[Base] = []

    def checked(self, text: str) -> str:
        """The Dockerfile to build from, every image in FROM by its full name. Raises Failure."""
        instructions, escape = read(text, self.name)
        return write([self._checked(one) for one in instructions], escape)

    def _checked(self, one: Instruction) -> Instruction:
        self._check_options(one)
        if one.name == "FROM":
            return self._from(one)
        if one.name == "ARG" and not self.number:
            self._argument(one)
        if one.name == "ONBUILD":
            self._checked_trigger(one)
        return one

    def _checked_trigger(self, one: Instruction) -> None:
        inner = instruction(one.line, one.rest, self.name)
        if one.options or inner.name in ("ONBUILD", "FROM", "MAINTAINER"):
            raise self._failure(one, f"ONBUILD {inner.name} is not possible")
        self._check_options(inner)

    def _check_options(self, one: Instruction) -> None:
        for option in one.options:
            key, _, value = option.partition("=")
            if one.name in ("RUN", "COPY", "ADD", "FROM") and not PLAIN.fullmatch(option):
                raise self._failure(one, f"write {key} without quotes and backslashes")
            allowed = REFUSED.get(key.lower())
            if allowed and value.lower() not in allowed:
                raise self._failure(one, f"a build may not ask for {option}")
            if key.lower() == "--from":
                self._check_source(one, value)
            if key.lower() == "--mount":
                self._check_mount(one, value)

    def _check_mount(self, one: Instruction, value: str) -> None:
        for part in value.split(","):
            key, _, given = part.partition("=")
            if key.strip().lower() == "from":
                self._check_source(one, given)

    def _check_source(self, one: Instruction, source: str) -> None:
        """An earlier stage, by name or number, or an image that the project may use."""
        if source.isdigit() or source.lower() in self.stages:
            return
        self._check_image(one, source)

    def _check_image(self, one: Instruction, reference: str) -> None:
        self.rules.check(reference, f"{self.name}, line {one.line}")

    def _argument(self, one: Instruction) -> None:
        """A value for later FROM lines, which are written with it: BuildKit is not asked again."""
        try:
            words = shlex.split(one.rest)
        except ValueError:
            return
        for word in words:
            key, equals, value = word.partition("=")
            default = self._filled(value) if equals else None
            self.values[key] = self.arguments.get(key, default)

    def _filled(self, text: str) -> str | None:
        """The text with its variables filled in; None where one is not known."""
        missing = []

        def fill(match: re.Match) -> str:
            value = self.values.get(match[1] or match[4])
            if match[2] == ":+":
                return match[3] if value else ""
            if not value and match[2]:
                return match[3]
            if value is None:
                missing.append(match[0])
            return value or ""

        filled = VARIABLE.sub(fill, text)
        return None if missing or "$" in filled else filled

    def _from(self, one: Instruction) -> Instruction:
        words = one.rest.split()
        if len(words) not in (1, 3) or (len(words) == 3 and words[1].lower() != "as"):
            raise self._failure(one, "expected FROM image, or FROM image AS name")
        stage = words[2].lower() if len(words) == 3 else ""
        if stage and not STAGE.fullmatch(stage):
            raise self._failure(one, f"'{words[2]}' cannot be the name of a stage")
        image = self._image(one, words[0])
        self.number += 1
        if stage:
            self.stages.append(stage)
        return one.with_rest(f"{image} AS {stage}" if stage else image)

    def _image(self, one: Instruction, word: str) -> str:
        reference = self._filled(word)
        if not reference:
            raise self._failure(one, f"'{word}' has no value that is known before the build")
        if reference.lower() in ("scratch", *self.stages):
            return reference.lower()
        if reference != self.arguments.get("BASE_IMAGE"):
            self._check_image(one, reference)
        base = self.base_of(reference)
        self.bases.append(base)
        check_triggers(base, reference, self.rules)
        return base.reference

    def _failure(self, one: Instruction, what: str) -> Failure:
        return Failure(f"{self.name}, line {one.line}: {what}", HINT)


def check_triggers(base: Base, reference: str, rules: ImageRules) -> None:
    """What the image makes builds on it do (its ONBUILD) is checked as if it stood there."""
    name = f"The image {reference}"
    checker = OwnDockerfile(name, rules, {}, lambda _reference: base)
    for text in base.triggers:
        trigger = instruction(1, text.replace("\n", " "), name)
        checker._checked_trigger(instruction(1, f"ONBUILD {trigger.text()}", name))
