"""The docker command line: build with BuildKit, push, inspect, remove."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from .outcome import Failure
from .process import Finished, capture, stream

SHORT_SECONDS = 60
PULL_SECONDS = 1200
BUILD_SECONDS = 5400
PUSH_SECONDS = 1800
DOWN = (
    "cannot connect to the docker daemon",
    "is the docker daemon running",
    "error during connect",
)
MOUNTED = "Mounted from"  # the line names the repository of another project
DIGEST = re.compile(r"digest: (sha256:[0-9a-f]{64})")


@dataclass(frozen=True)
class Base:
    """A base image: its name for FROM, its content, its user, and what it makes builds on it do."""

    reference: str
    identity: str
    user: str
    triggers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Docker:
    """Docker as one job uses it; `config` is a folder with the registry logins."""

    config: Path

    def require(self) -> str:
        """The daemon's version. Raises Failure when Docker is down."""
        done = self._short("version", "--format", "{{.Server.Version}}")
        if not done.is_ok:
            raise docker_down()
        return done.output.strip()

    def base(self, image: str) -> Base:
        """Facts of a base image, pulled when it is not here."""
        done = self._short("image", "inspect", image)
        if not done.is_ok:
            self._pull(image)
            done = self._short("image", "inspect", image)
        if not done.is_ok:
            raise Failure(
                f"The base image {image} cannot be read: {_last(done.errors)}", "Retry the run"
            )
        return _base(image, json.loads(done.output)[0])

    def build(
        self, context: Path, dockerfile: Path, *, tag, arguments, labels, ca_bundle, cache, on_line
    ) -> Finished:
        """Build with BuildKit.

        `cache` comes before the id of every cache mount, whatever the Dockerfile calls it: the
        builder's caches are common to all projects. Each line of its plain progress goes to `on_line`.
        """
        command = [
            "docker",
            "build",
            "--progress",
            "plain",
            "--file",
            str(dockerfile),
            "--tag",
            tag,
        ]
        own = {**arguments, "BUILDKIT_CACHE_MOUNT_NS": cache}
        for key, value in sorted(own.items()):
            command += ["--build-arg", f"{key}={value}"]
        for key, value in sorted(labels.items()):
            command += ["--label", f"{key}={value}"]
        if ca_bundle.is_file():
            command += ["--secret", f"id=ca-bundle,src={ca_bundle}"]
        command.append(str(context))
        return stream(command, on_line, timeout_seconds=BUILD_SECONDS, env=self._environment())

    def push(self, tag: str, on_line) -> tuple[Finished, str]:
        """Push a tag; gives the digest that the registry confirmed, or an empty text."""
        done = stream(
            ["docker", "push", tag],
            lambda line: None if MOUNTED in line else on_line(line),
            timeout_seconds=PUSH_SECONDS,
            env=self._environment(),
        )
        found = DIGEST.findall(done.output)
        return done, found[-1] if found else ""

    def remove(self, kind: str, name: str) -> Finished:
        """Remove one volume, secret or config."""
        return self._short(kind, "rm", name)

    def inspect(self, kind: str, name: str, form: str) -> Finished:
        """What Docker says of one volume, secret or config, in this Go template."""
        return self._short(kind, "inspect", "--format", form, name)

    def containers(self, *filters: str) -> list[str]:
        """The ids of the containers, ended ones too, that pass all filters (docker ps)."""
        words = [word for given in filters for word in ("--filter", given)]
        return self._short("ps", "--all", "--quiet", *words).output.split()

    def remove_containers(self, ids: list[str]) -> None:
        """Remove ended containers; one that runs stays."""
        if ids:
            self._short("rm", *ids)

    def remove_image(self, reference: str) -> None:
        """Forget the local copy with all its names; an image in use stays."""
        done = self._short("image", "inspect", reference)
        if not done.is_ok:
            return
        facts = json.loads(done.output)[0]
        names = [*(facts.get("RepoTags") or []), *(facts.get("RepoDigests") or [])]
        repository = reference.partition("@")[0]
        own = [name for name in names if re.split(r"@|:(?=[^/]*$)", name)[0] == repository]
        if own:
            self._short("image", "rm", *own)

    def _pull(self, image: str) -> None:
        command = ["docker", "pull", "--quiet", image]
        done = capture(command, timeout_seconds=PULL_SECONDS, env=self._environment())
        if not done.is_ok:
            raise explain_docker(done.errors) or Failure(
                f"The base image {image} cannot be pulled: {_last(done.errors)}",
                "Check the image's name and that its registry can be reached with our credentials",
            )

    def _short(self, *arguments: str) -> Finished:
        return capture(
            ["docker", *arguments], timeout_seconds=SHORT_SECONDS, env=self._environment()
        )

    def _environment(self) -> dict[str, str]:
        keep = ("PATH", "HOME", "DOCKER_HOST", "TMPDIR")
        kept = {key: os.environ[key] for key in keep if key in os.environ}
        return {
            **kept,
            "DOCKER_BUILDKIT": "1",
            "DOCKER_CONFIG": str(self.config),
            "BUILDKIT_PROGRESS": "plain",
        }


def docker_for(folder: Path, docker_config: str | None) -> Docker:
    """A docker command line with its own configuration folder inside `folder`."""
    config = folder / "docker"
    config.mkdir(mode=0o700)
    (config / "config.json").write_text(docker_config or "{}", encoding="utf-8")
    (config / "config.json").chmod(0o600)
    return Docker(config)


def docker_down() -> Failure:
    return Failure(
        "Docker does not answer on this machine",
        "Start the Docker service (systemctl start docker), then retry the run",
    )


def explain_docker(output: str) -> Failure | None:
    """The reason in docker's output that has nothing to do with the repository, if any."""
    text = output.lower()
    if "no space left on device" in text:
        return Failure(
            "The disk of the build machine is full",
            "Free space there (docker system df shows what takes it), then retry the run",
        )
    if any(needle in text for needle in DOWN):
        return docker_down()
    refused = re.search(
        r"https?://(?P<host>[^/\s]+)/v2/\S*: .*(?:connection refused|no such host|i/o timeout)",
        text,
    )
    if refused:
        return Failure(
            f"The registry {refused['host']} does not answer to Docker",
            "Start the registry, or check its address, then retry the run",
        )
    return None


def _base(image: str, facts: dict) -> Base:
    """Pinned by digest where the image has one; a local image is known by its id."""
    config = facts["Config"]
    repository = re.sub(r":[^/]*$", "", image)
    own = [name for name in facts.get("RepoDigests") or [] if _is_of(name, repository)]
    pinned = image if "@sha256:" in image else (own or [image])[0]
    identity = pinned.partition("@")[2] or facts["Id"]
    return Base(pinned, identity, config.get("User") or "", tuple(config.get("OnBuild") or ()))


def _is_of(digest: str, repository: str) -> bool:
    """True for a digest of this repository; the same content may be known under others too."""
    return digest.partition("@")[0].removeprefix("docker.io/").removeprefix(
        "library/"
    ) == repository.removeprefix("docker.io/").removeprefix("library/")


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"
