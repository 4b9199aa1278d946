"""Everything a build needs to know about the repositories it was given."""

from dataclasses import dataclass
from pathlib import Path

from .addons import Addon, find_addons, without_duplicates
from .checkout import Checkout, Fetcher
from .committed_secrets import committed_secrets
from .ipai_yml import Settings, read_settings, settings_or_failure
from .outcome import Failure
from .requirements import Requirement, apt_packages, requirement_files
from .spec import FAULT, Spec


@dataclass(frozen=True)
class Repository:
    """One repository on the disk: the project's own or an extra one."""

    checkout: Checkout
    title: str
    addons: tuple[Addon, ...]
    requirements: tuple[Requirement, ...]
    apt: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """The project's repository, the extra ones, and the project's settings."""

    own: Repository
    extras: tuple[Repository, ...]
    settings: Settings

    @property
    def repositories(self) -> tuple[Repository, ...]:
        return (self.own, *self.extras)

    @property
    def addons(self) -> dict[str, Addon]:
        """All addons by name. Raises Failure for a name that is there twice."""
        return without_duplicates(addon for repo in self.repositories for addon in repo.addons)

    @property
    def apt(self) -> list[str]:
        packages = [package for repo in self.repositories for package in repo.apt]
        return sorted({*packages, *self.settings.apt})

    @property
    def install(self) -> list[str]:
        """The modules to install: as .ipai.yml says, otherwise all of the project's own addons."""
        if self.settings.install is not None:
            return list(self.settings.install)
        return [addon.name for addon in self.own.addons]

    @property
    def tests(self) -> list[str]:
        """The test tags: as .ipai.yml says, otherwise the own addons that have tests."""
        if self.settings.tests is not None:
            return list(self.settings.tests)
        installed = set(self.install)
        return [
            f"/{addon.name}"
            for addon in self.own.addons
            if addon.has_tests and addon.name in installed
        ]

    @property
    def warnings(self) -> list[str]:
        return [warning for repo in self.repositories for warning in repo.warnings]


def gather(spec: Spec, fetcher: Fetcher) -> Source:
    """Fetch the repositories and read what they hold. Raises Failure for anything that is wrong."""
    url, ref, commit = spec.text("repository_url"), spec.text("ref"), spec.maybe_text("commit")
    checkout = fetcher.checkout(url, ref, commit or None, fetcher.work / "own")
    settings = _settings(checkout.folder, fetcher)
    own = read_repository(checkout, "", settings.addons)
    extras = tuple(
        _extra(entry, number, fetcher)
        for number, entry in enumerate(spec.get("extra_repositories") or [])
    )
    source = Source(own, extras, settings)
    if not source.addons and not settings.dockerfile and settings.install is None:
        raise Failure(
            "The repository has no installable addon: no folder with a __manifest__.py was found",
            "Push at least one addon, or name the modules to install under 'install' in .ipai.yml",
        )
    return source


def read_repository(checkout: Checkout, title: str, below: tuple[str, ...] = ()) -> Repository:
    """Addons, requirement files and packages of one checkout."""
    found = find_addons(checkout.folder, below, title)
    requirements = requirement_files(checkout.folder, list(found.addons), title)
    apt = apt_packages(checkout.folder, title)
    warnings = (*found.warnings, *committed_secrets(checkout.folder, title))
    return Repository(checkout, title, found.addons, tuple(requirements), tuple(apt), warnings)


def _settings(folder: Path, fetcher: Fetcher) -> Settings:
    for problem in read_settings(folder)[1][1:]:
        fetcher.events.error(problem)
    return settings_or_failure(folder)


def _extra(entry, number: int, fetcher: Fetcher) -> Repository:
    if not isinstance(entry, dict) or not entry.get("url"):
        raise Failure("An extra repository has no address", FAULT)
    url, ref = entry["url"], entry.get("ref") or "HEAD"
    folder = fetcher.work / f"extra{number}"
    checkout = fetcher.checkout(url, ref, entry.get("commit"), folder)
    name = url.rstrip("/").rpartition("/")[2].removesuffix(".git")
    return read_repository(checkout, f"{name}/")
