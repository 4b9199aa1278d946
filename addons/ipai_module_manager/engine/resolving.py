"""Chooses one release of each package so that all fit together, as pip would: resolvelib + packaging.

The world comes in as ``source``: ``releases(name)`` returns Releases, ``requires(name, version)``
the requirement lines of one. Odoo itself is given, never chosen: its series decides.
"""

from dataclasses import dataclass, replace

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version
from resolvelib import AbstractProvider, BaseReporter, ResolutionImpossible, Resolver
from resolvelib.resolvers import ResolutionTooDeep

from .index import is_addon

ROUNDS = 2000


class Conflict(Exception):
    """Nothing fits; the text is a sentence for people."""


@dataclass(frozen=True)
class Release:
    """One release as the index lists it."""

    version: str
    requires_python: str = ""
    is_yanked: bool = False


@dataclass(frozen=True)
class Target:
    """Where the packages shall run; ``installed`` is kept where it fits."""

    series: str
    python: str
    installed: tuple[tuple[str, str], ...] = ()

    def without(self, name):
        """Return the same place without one package, however its name is spelled."""
        wanted = canonicalize_name(name)
        rest = tuple(row for row in self.installed if canonicalize_name(row[0]) != wanted)
        return replace(self, installed=rest)

    @property
    def markers(self):
        major_minor = ".".join(self.python.split(".")[:2])
        return {
            "python_version": major_minor,
            "python_full_version": self.python
            if self.python.count(".") > 1
            else f"{self.python}.0",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
            "os_name": "posix",
            "sys_platform": "linux",
            "platform_system": "Linux",
            "platform_machine": "x86_64",
        }


@dataclass(frozen=True)
class Candidate:
    """One release that may be taken, with the extras somebody asked for."""

    name: str
    version: Version
    extras: frozenset = frozenset()


@dataclass(frozen=True)
class Resolution:
    """The chosen versions by name, and who asked for each."""

    pins: dict
    wanted_by: dict


def resolve(wanted, source, target):
    """Return the Resolution of the requirement lines ``wanted``. Raises Conflict."""
    requirements = [_requirement(line) for line in wanted]
    requirements = [one for one in requirements if _applies(one, target, ())]
    resolver = Resolver(_Provider(source, target), BaseReporter())
    try:
        result = resolver.resolve(requirements, max_rounds=ROUNDS)
    except ResolutionImpossible as error:
        raise Conflict(_told(error.causes, target)) from error
    except ResolutionTooDeep as error:
        raise Conflict("The requirements are too tangled to be resolved; pin some.") from error
    pins = {name: str(found.version) for name, found in sorted(result.mapping.items())}
    parents = {name: sorted(one for one in result.graph.iter_parents(name) if one) for name in pins}
    return Resolution(pins, parents)


class _Provider(AbstractProvider):
    def __init__(self, source, target):
        self.source, self.target = source, target
        self.installed = {canonicalize_name(name): version for name, version in target.installed}

    def identify(self, requirement_or_candidate):
        return canonicalize_name(requirement_or_candidate.name)

    def get_preference(self, identifier, resolutions, candidates, information, backtrack_causes):
        pinned = any("==" in str(one.requirement.specifier) for one in information[identifier])
        return (identifier != "odoo", not pinned, identifier)

    def find_matches(self, identifier, requirements, incompatibilities):
        asked = list(requirements[identifier])
        refused = {one.version for one in incompatibilities[identifier]}
        extras = frozenset(extra for one in asked for extra in one.extras)
        versions = [v for v in self._versions(identifier, asked) if v not in refused]
        return [Candidate(identifier, version, extras) for version in versions]

    def is_satisfied_by(self, requirement, candidate):
        is_version = requirement.specifier.contains(candidate.version, prereleases=True)
        return is_version and requirement.extras <= candidate.extras

    def get_dependencies(self, candidate):
        if candidate.name == "odoo":
            return []
        lines = self.source.requires(candidate.name, str(candidate.version))
        found = [_requirement(line) for line in lines]
        return [one for one in found if _applies(one, self.target, candidate.extras)]

    def _versions(self, name, asked):
        """Return the versions that may be taken, the best first: what is there, then the newest."""
        specifier = SpecifierSet()
        for one in asked:
            specifier &= one.specifier
        if name == "odoo":
            given = Version(self.target.series)
            return [given] if specifier.contains(given, prereleases=True) else []
        fitting = [one for one in self.source.releases(name) if self._fits(name, one, specifier)]
        versions = {_version(one.version) for one in fitting} - {None}
        chosen = sorted(specifier.filter(versions), reverse=True)
        present = _version(self.installed.get(name, ""))
        return sorted(chosen, key=lambda version: version != present)

    def _fits(self, name, release, specifier):
        if is_addon(name) and not release.version.startswith(f"{self.target.series}."):
            return False
        is_pinned = any(one.operator in ("==", "===") for one in specifier)
        return not (release.is_yanked and not is_pinned) and runs_on(
            release.requires_python, self.target.python
        )


def runs_on(requires_python, python):
    """Say whether a release may run on this Python; a rule nobody can read excludes nothing."""
    try:
        return SpecifierSet(requires_python or "").contains(python, prereleases=True)
    except InvalidSpecifier:
        return True


def _version(text):
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _requirement(line):
    try:
        return Requirement(line)
    except InvalidRequirement as error:
        raise Conflict(f"“{line}” is no requirement that can be read.") from error


def _applies(requirement, target, extras):
    if requirement.marker is None:
        return True
    return any(
        requirement.marker.evaluate({**target.markers, "extra": extra}) for extra in (*extras, "")
    )


def _told(causes, target):
    """Say in one sentence who wants what."""
    wishes = {}
    for cause in causes:
        name, version = (cause.parent.name, cause.parent.version) if cause.parent else ("", "")
        wishes.setdefault((name, str(cause.requirement)), set()).add(str(version))
    asked = sorted(_asked(name, wish, versions) for (name, wish), versions in wishes.items())
    names = sorted({canonicalize_name(cause.requirement.name) for cause in causes})
    place = f"Odoo {target.series} and Python {target.python}"
    return f"No release of {', '.join(names)} fits {place}: {'; '.join(asked)}."


def _asked(name, wish, versions):
    """Say who wants it; many releases of one distribution that want the same are told as one."""
    if not name:
        return f"the project wants {wish}"
    if len(versions) > 1:
        return f"each of {len(versions)} releases of {name} wants {wish}"
    return f"{name} {versions.pop()} wants {wish}"
