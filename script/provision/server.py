"""The whole product, up: each step is one line and costs next to nothing when it was done before."""

import fcntl
from contextlib import contextmanager

from . import (
    credentials,
    demo,
    docker_engine,
    firewall,
    forge,
    images,
    machine,
    management,
    odoo_source,
    platform,
    postgres,
    swarm,
    teardown,
    virtualenv,
)


@contextmanager
def only_one_fills_the_cache(settings):
    """Instances share downloads and images: the second waits, then finds them made."""
    settings.cache.mkdir(parents=True, exist_ok=True)
    with (settings.cache / "lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Server:
    """Brings one instance up; later steps use what earlier ones found."""

    def __init__(self, settings, commands, progress):
        self.settings = settings
        self.commands = commands
        self.progress = progress
        self.recipes = {}
        self.images = {}

    def setup(self):
        """What it takes to run Odoo and its tests on this machine, without the platform."""
        self.prepare_engine()
        with only_one_fills_the_cache(self.settings):
            self._prepare_python()
        self._step("Management PostgreSQL", postgres.ensure_postgres, self.commands, self.settings)
        management.write_shell_config(self.settings)

    def prepare_engine(self):
        """Docker with a swarm and this instance's networks."""
        with only_one_fills_the_cache(self.settings):
            self._step("Debian packages", machine.ensure_packages, self.commands)
            self._step("Docker engine", docker_engine.ensure_engine, self.commands)
            self._step("Swarm", swarm.ensure_swarm, self.commands, self.settings)
        self._step("Networks", swarm.ensure_networks, self.commands, self.settings)

    def _prepare_python(self):
        self._step("Odoo 19", odoo_source.ensure_odoo_source, self.commands, self.settings)
        self._step(
            "Python environment", virtualenv.ensure_environment, self.commands, self.settings
        )

    def start(self):
        """Everything up to the management Odoo."""
        self.setup()
        self._step("Secrets", self._secrets)
        self._step("Images", self._make_images)
        self._step("Firewall", self._ensure_firewall)
        self._step("Services", teardown.wake, self.commands, self.settings)
        self._step("Registry", platform.ensure_registry, self.commands, self.settings, self.recipes)
        self._step("Images in the registry", self._push_images)
        self._step(
            "Platform services",
            platform.ensure_platform_services,
            self.commands,
            self.settings,
            self.images,
        )
        platform.write_platform(self.commands, self.settings, self.images)
        self._step("Management Odoo", management.ensure_management, self.commands, self.settings)
        self._step("Git daemon", forge.ensure_daemon, self.commands, self.settings)

    def deploy_demo(self):
        """Acme's Odoo deployed; returns its URL."""
        self.progress.line("Demo project")
        return demo.ensure_demo(self.commands, self.settings, self.progress)

    def _step(self, label, act, *arguments):
        with self.progress.step(label) as outcome:
            outcome["note"] = act(*arguments)

    def _secrets(self):
        note = credentials.ensure_secret_files(self.settings)
        credentials.ensure_swarm_secrets(self.commands, self.settings)
        return note

    def _make_images(self, names=images.PLATFORM_IMAGES):
        with only_one_fills_the_cache(self.settings):
            self.recipes = images.ensure_archives(
                self.commands, self.settings, self.progress, names
            )
        return f"{len(self.recipes)} ready"

    def _ensure_firewall(self):
        """Before anything of a customer runs."""
        image = images.ensure_loaded(self.commands, self.settings, self.recipes["firewall"])
        return firewall.ensure_firewall(self.commands, self.settings, image)

    def _push_images(self):
        self.images = platform.push_images(self.commands, self.settings, self.recipes)
        return f"{len(self.images)} by digest"
