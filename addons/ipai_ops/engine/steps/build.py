"""build: an image from a commit, pushed to the registry, known by its digest."""

from ..plan import StepContext
from ..ports import JobSpec, Mount, SecretFile
from . import common


def job(context: StepContext) -> JobSpec:
    """Return the builder's job; it holds the Docker socket and no database's secret."""
    platform, project = context.platform, context.spec["project"]
    order = {
        "instance": platform.instance,
        "project": project["code"],
        "repository_url": project["repository_url"],
        "ref": context.spec["ref"],
        "commit": context.spec.get("commit"),
        "base_image": project.get("base_image") or platform.images.get("odoo", ""),
        "platform_images": [image for image in (platform.images.get("odoo"),) if image],
        "registry": platform.registry.get("address", ""),
        "registry_internal": platform.registry.get("internal", ""),
        "open_networks": list(project.get("open_networks") or ()),
        "own_repositories": platform.own_repositories,
        "extra_repositories": list(context.spec.get("extra_repositories", ())),
    }
    return common.toolbox_job(
        context,
        "build",
        order,
        mounts=(
            common.docker_socket(),
            Mount(f"{platform.instance}-mirrors", "/ipai/mirrors"),
        ),
        secrets=_secrets(context),
        configs=common.ca_bundle(platform),
    )


def _secrets(context: StepContext) -> tuple[SecretFile, ...]:
    """Return a registry login of the project's own, and what opens its repository."""
    docker_config = _login(context)
    if not context.spec["project"].get("has_git_credentials"):
        return docker_config
    return (*docker_config, common.run_secret(context, "git-credentials"))


def _login(context: StepContext) -> tuple[SecretFile, ...]:
    """Return the login as a file; a registry elsewhere has the platform's alone."""
    platform = context.platform
    if platform.registry.get("scoped"):
        return (common.run_secret(context, common.DOCKER_CONFIG),)
    registry = platform.secrets.get("registry")
    return (SecretFile(registry, common.DOCKER_CONFIG),) if registry else ()
