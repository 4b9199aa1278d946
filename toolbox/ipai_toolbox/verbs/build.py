"""Makes an image from one commit and pushes it; the same content is found, not built again."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from .. import repository_address
from ..build_log import BuildLog, explain_build
from ..checkout import Fetcher
from ..context import Context, write_context
from ..docker_cli import Base, Docker, docker_for, explain_docker
from ..git import git_for
from ..image_names import ImageRules
from ..ipai_yml import FILE
from ..job import Job
from ..outcome import Failure
from ..own_dockerfile import check_triggers
from ..patience import REGISTRY_SECONDS, patiently
from ..registry import HINT, Image, Registry, registry_for
from ..source import Source, gather
from ..spec import Spec


@dataclass(frozen=True)
class Build:
    """The parts of one build."""

    job: Job
    docker: Docker
    registry: Registry
    name: str

    @property
    def repository(self) -> str:
        return f"{self.job.spec.text('registry')}/{self.name}"


def run(job: Job) -> dict:
    with tempfile.TemporaryDirectory(prefix="ipai-build-") as folder:
        return _run(job, Path(folder))


def _run(job: Job, work: Path) -> dict:
    spec, places = job.spec, job.places
    config = places.secret("docker-config.json")
    registry = registry_for(spec.text("registry_internal"), config, places.ca_bundle)
    name = f"{spec.text('instance')}/{spec.text('project')}"
    build = Build(job, docker_for(work, config), registry, name)
    build.docker.require()
    own = spec.maybe_text("own_repositories")
    reach = repository_address.reach(spec.get("open_networks") or (), [own] if own else [])
    git = git_for(places, spec.text("repository_url"), work, reach)
    source = gather(spec, Fetcher(git, places.mirrors, work, job.events))
    job.events.progress(0.15, _summary(source))
    rules = _rules(spec)
    base = _base(build, source, rules)
    platform = spec.maybe_text("platform")
    context = write_context(source, base, work, platform, rules, build.docker.base)
    image, found = _image(build, source, base, context)
    return _result(build, source, context, image, found)


def _rules(spec: Spec) -> ImageRules:
    """Whose images this build may use."""
    return ImageRules(
        registry=spec.text("registry"),
        internal=spec.text("registry_internal"),
        instance=spec.text("instance"),
        project=spec.text("project"),
        platform=tuple(spec.texts("platform_images")),
    )


def _base(build: Build, source: Source, rules: ImageRules) -> Base:
    """The image that the repository, the project or the platform names. Raises Failure."""
    named = source.settings.base_image
    image = named or build.job.spec.text("base_image")
    rules.check(image, f"{FILE}, base_image" if named else "The project's base image")
    base = build.docker.base(image)
    check_triggers(base, image, rules)
    return base


def _image(build: Build, source: Source, base: Base, context: Context) -> tuple[Image, bool]:
    for warning in (*source.warnings, *context.warnings):
        build.job.events.warning(warning)
    image = patiently(lambda: build.registry.find(build.name, context.tag), REGISTRY_SECONDS)
    if image:
        build.job.events.progress(
            1.0, f"Found the image of this content, fingerprint {context.tag}: not built again"
        )
        return image, True
    build.job.events.progress(0.3, f"Building the image, fingerprint {context.tag}")
    _build(build, source, base, context)
    _share_base(build, base)
    return _push(build, context), False


def _share_base(build: Build, base: Base) -> None:
    """The registry has the platform's base image: its layers need not travel there once more."""
    repository, _, digest = base.reference.partition("@")
    registry, _, name = repository.partition("/")
    if digest and registry == build.job.spec.text("registry"):
        shared = build.registry.share_layers(name, digest, build.name)
        build.job.events.debug(f"Layers of the base image shared in the registry: {shared}")


def _build(build: Build, source: Source, base: Base, context: Context) -> None:
    log = BuildLog(build.job.events)
    done = build.docker.build(
        context.folder,
        context.dockerfile,
        tag=f"{build.repository}:{context.tag}",
        arguments={"BASE_IMAGE": base.reference} if source.settings.dockerfile else {},
        labels=_labels(build, source, context),
        ca_bundle=build.job.places.ca_bundle,
        cache=build.name,
        on_line=log,
    )
    if done.timed_out:
        raise Failure(
            "The build took too long and was stopped", "Look at the log for the step that hangs"
        )
    if not done.is_ok:
        raise explain_build(
            log.lines, [file for repo in source.repositories for file in repo.requirements]
        )


def _push(build: Build, context: Context) -> Image:
    build.job.events.progress(0.85, f"Pushing the image to {build.repository}")
    done, digest = build.docker.push(f"{build.repository}:{context.tag}", build.job.events.debug)
    if not done.is_ok:
        reason = done.output.strip().splitlines()[-1:] or ["it took too long"]
        raise explain_docker(done.output) or Failure(
            f"The image cannot be pushed: {reason[0]}", HINT
        )
    image = build.registry.find(build.name, digest or context.tag)
    if not image:
        raise Failure("The registry does not have the image that was just pushed to it", HINT)
    build.job.events.progress(1.0, f"Pushed {image.digest[7:19]}")
    return image


def _labels(build: Build, source: Source, context: Context) -> dict[str, str]:
    checkout = source.own.checkout
    return {
        "ipai.project": build.job.spec.text("project"),
        "ipai.instance": build.job.spec.text("instance"),
        "ipai.commit": checkout.commit,
        "ipai.fingerprint": context.fingerprint,
    }


def _summary(source: Source) -> str:
    own, extra = len(source.own.addons), sum(len(repo.addons) for repo in source.extras)
    others = f" and {extra} of extra repositories" if extra else ""
    return f"Commit {source.own.checkout.commit[:12]}: {own} addons{others}"


def _result(build: Build, source: Source, context: Context, image: Image, found: bool) -> dict:
    checkout, addons = source.own.checkout, source.addons
    return {
        "image": f"{build.repository}@{image.digest}",
        "commit": checkout.commit,
        "subject": checkout.subject,
        "author": checkout.author,
        "fingerprint": context.fingerprint,
        "found": found,
        "size_bytes": image.size_bytes,
        "addons": sorted(addons),
        "addons_digests": context.addons_digests,
        "depends": {name: list(addon.depends) for name, addon in sorted(addons.items())},
        "install": source.install,
        "tests": source.tests,
        "warnings": [*source.warnings, *context.warnings],
    }
