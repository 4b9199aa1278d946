"""The product on a real server: deploy/stack.yml with the secrets, configs and images it names."""

import json
import ssl
import time
import urllib.request
from pathlib import Path

from . import credentials, images, limits, platform, swarm
from .docker_engine import docker, machine_of
from .ports import require_free_port
from .registry import wait_for_registry
from .server import Server
from .services import wait_until_running
from .trouble import Trouble

IMAGES = (*images.PLATFORM_IMAGES, "management")
SECRETS = (
    *credentials.SWARM,
    "postgres-management-password",
    "management-database-password",
    "admin-password",
)
START_SECONDS = 600
INSIDE = "/run/secrets"  # where the management Odoo finds them


def public_url(settings):
    """Where people open the management Odoo."""
    port = settings.ports["https"]
    return f"https://ops.{settings.domain}" + ("" if port == 443 else f":{port}")


class Stack(Server):
    """Brings the stack up; shares the machine's steps and the images with script/server."""

    def start(self):
        self._require_certificate()
        self.prepare_engine()
        self._step("Secrets", self._secrets)
        self._step("Images", self._make_images, IMAGES)
        self._step("Firewall", self._ensure_firewall)
        self._step("Registry", self._deploy_registry)
        self._step("Images in the registry", self._push_images)
        self._step("Stack", self._deploy_all)
        self._step("Operations", self._wait_for_operations)

    def _require_certificate(self):
        for variable, path in (
            ("IPAI_TLS_CERTIFICATE", self.settings.certificate),
            ("IPAI_TLS_KEY", self.settings.key),
        ):
            if not path or not Path(path).is_file():
                raise Trouble(f"{variable} must name the edge's PEM file, “{path}” is none.")

    def _secrets(self):
        note = credentials.ensure_secret_files(self.settings)
        credentials.ensure_swarm_secrets(self.commands, self.settings, SECRETS)
        return note

    def _deploy_registry(self):
        """Alone first: the other images come from it."""
        swarm.label_this_node(self.commands, self.settings)
        if not self._is_deployed():
            for name in ("registry", "http", "https"):
                require_free_port(self.settings.ports[name], f"the stack's {name}")
        image = images.ensure_loaded(self.commands, self.settings, self.recipes["registry"])
        self._deploy(["registry.yml"], {"IPAI_IMAGE_REGISTRY": image})
        wait_for_registry(self.settings)
        return "answers"

    def _is_deployed(self):
        name = f"{self.settings.instance}_registry"
        return self.commands.succeeds(docker("service", "inspect", "--format", "{{.ID}}", name))

    def _deploy_all(self):
        registry = images.ensure_loaded(self.commands, self.settings, self.recipes["registry"])
        variables = {
            "IPAI_IMAGE_REGISTRY": registry,
            "IPAI_IMAGE_MANAGEMENT": self.images["management"],
            "IPAI_IMAGE_POSTGRES": self.images["postgres"],
            "IPAI_IMAGE_EDGE": self.images["edge"],
            "IPAI_IMAGE_GATE": self.images["gate"],
            "IPAI_HOST_ADDRESSES": " ".join(swarm.host_addresses(self.commands)),
            "IPAI_WAY_OUT": " ".join(swarm.subnets(self.commands, self.settings, "egress")),
            "IPAI_PUBLIC_URL": public_url(self.settings),
            "IPAI_WORKERS": self.settings.workers,
            "IPAI_CONFIG_PLATFORM": self._platform_config(),
            "IPAI_SECRET_CERTIFICATE": self._file_secret(
                "edge-certificate", self.settings.certificate
            ),
            "IPAI_SECRET_KEY": self._file_secret("edge-key", self.settings.key),
        }
        self._deploy(["registry.yml", "stack.yml"], variables)
        names = self.commands.run(
            docker("stack", "services", "--format", "{{.Name}}", self.settings.instance)
        ).split()
        wait_until_running(self.commands, self.settings, names, START_SECONDS)
        return f"{len(names)} services"

    def _file_secret(self, name, path):
        return credentials.ensure_marked(self.commands, self.settings, "secret", name, Path(path))

    def _platform_config(self):
        facts = {
            **platform.platform_facts(self.commands, self.settings, self.images),
            "scheme": "https",
            "public_port": self.settings.ports["https"],
            "control_url": f"http://{self.settings.named('management')}:8069",
            "toolbox": "/opt/ipai/toolbox",
            "edge_token_file": f"{INSIDE}/edge-token",
            "imports_folder": "/ipai/imports",
            "imports_source": self.settings.named("imports"),
            "gate_token_file": f"{INSIDE}/gate-token",
        }
        facts["registry"]["password_file"] = f"{INSIDE}/registry-password"
        path = platform.platform_path(self.settings)
        path.write_text(json.dumps(facts, indent=1, sort_keys=True))
        return credentials.ensure_marked(self.commands, self.settings, "config", "platform", path)

    def _deploy(self, files, variables):
        settings = self.settings
        words = [
            word
            for name in files
            for word in ("--compose-file", settings.checkout / "deploy" / name)
        ]
        config = str(credentials.registry_config_folder(settings))
        self.commands.run(
            [
                *docker("--config", config),
                "stack",
                "deploy",
                "--with-registry-auth",
                "--resolve-image",
                "never",
                *words,
                settings.instance,
            ],
            timeout=180,
            why="The stack could not be deployed",
            environ={**self._names(), **variables},
        )

    def _names(self):
        ports = {
            f"IPAI_PORT_{name.upper()}": str(port) for name, port in self.settings.ports.items()
        }
        return {
            "IPAI_INSTANCE": self.settings.instance,
            "IPAI_DOMAIN": self.settings.domain,
            **ports,
            **limits.variables(machine_of(self.commands), self.settings.limits),
        }

    def _wait_for_operations(self):
        """The login page through the edge, over TLS; asked on the machine itself, so the name needs no DNS."""
        deadline = time.monotonic() + START_SECONDS
        while not self._login_page_comes():
            if time.monotonic() > deadline:
                raise Trouble(
                    f"{public_url(self.settings)} does not answer: "
                    f"see “docker service logs {self.settings.instance}_management”."
                )
            time.sleep(1)
        return public_url(self.settings)

    def _login_page_comes(self):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        request = urllib.request.Request(
            f"https://127.0.0.1:{self.settings.ports['https']}/web/login",
            headers={"Host": public_url(self.settings).removeprefix("https://")},
        )
        try:
            with urllib.request.urlopen(request, timeout=20, context=context) as answer:
                return answer.status == 200 and b'name="login"' in answer.read()
        except OSError:
            return False
