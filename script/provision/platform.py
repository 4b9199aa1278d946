"""What every target stands on: registry, PostgreSQL servers, edge, mail catcher, proxy.

`platform.json` tells the management Odoo of them.
"""

import json

from .credentials import REGISTRY_USER, registry_addresses, write_private
from .docker_engine import SOCKET, docker, machine_of
from .images import ensure_loaded
from .limits import SHARES, limits_of
from .registry import ensure_in_registry, wait_for_registry
from .services import Service, ensure_service, wait_until_running
from .swarm import gateway_address, host_addresses, subnets

DATABASE_STAGES = {"production": ["production"], "nonproduction": ["staging", "development"]}

GATE_PORTS = {"mail": 1025, "egress": 3128}


def control_url(commands, settings):
    """Where containers reach the management Odoo."""
    return f"http://{gateway_address(commands)}:{settings.ports['odoo']}"


def own_repositories(commands, settings):
    """How the addresses of the demo forge's repositories begin."""
    return f"git://{gateway_address(commands)}:{settings.ports['git']}"


def ensure_registry(commands, settings, recipes):
    """The registry; its own image goes by its local id, as no registry is there yet to ask."""
    image = ensure_loaded(commands, settings, recipes["registry"])
    note = ensure_service(
        commands,
        settings,
        Service(
            name=settings.named("registry"),
            image=image,
            networks=("control",),
            environment=(f"REGISTRY_INSTANCE={settings.instance}",),
            secrets=(("registry-password", "registry-password"),),
            mounts=(("registry", "/var/lib/docker-registry"),),
            capabilities=(
                "CHOWN",
                "SETUID",
                "SETGID",
            ),  # it hands its layers over, and is root no more
            scratch=("/tmp",),
            memory=(("/run", "16m"),),
            port=(settings.ports["registry"], 5000),
            limits=_limits(commands, settings)["registry"],
        ),
    )
    wait_for_registry(settings)
    return note


def push_images(commands, settings, recipes):
    """{name: image with digest} of the platform's images."""
    return {
        name: ensure_in_registry(commands, settings, name, recipe.archive)
        for name, recipe in recipes.items()
    }


def ensure_platform_services(commands, settings, images):
    """PostgreSQL servers, edge, mail catcher and proxy, healthy."""
    limits = _limits(commands, settings)
    services = [
        *(_postgres(settings, images, kind, limits) for kind in DATABASE_STAGES),
        _edge(commands, settings, images, limits),
        *(_gate(commands, settings, images, role, limits) for role in GATE_PORTS),
    ]
    notes = [ensure_service(commands, settings, service) for service in services]
    wait_until_running(commands, settings, [service.name for service in services])
    return ", ".join(sorted(set(notes)))


def _limits(commands, settings):
    """{kind of service: what it may take of this machine}."""
    machine = machine_of(commands)
    return {kind: limits_of(kind, machine, settings.limits) for kind in SHARES}


def _postgres(settings, images, kind, limits):
    """The server of one kind of data; production also archives its WAL."""
    archives = kind == "production"
    return Service(
        name=settings.named(f"postgres-{kind}"),
        image=images["postgres"],
        networks=("control", kind),
        secrets=((f"postgres-{kind}-password", "postgres-password"),),
        environment=("POSTGRES_TENANTS=on", *(["POSTGRES_ARCHIVE=on"] if archives else [])),
        mounts=(
            (f"postgres-{kind}", "/var/lib/postgresql"),
            *([("wal", "/ipai/wal")] if archives else []),
        ),
        user="postgres",
        memory=(("/dev/shm", "268435456"), ("/tmp", "64m"), ("/run", "16m")),
        limits=limits["postgres"],
    )


def _edge(commands, settings, images, limits):
    return Service(
        name=settings.named("edge"),
        image=images["edge"],
        networks=("control", "production", "nonproduction"),
        environment=(
            f"CONTROL_URL={control_url(commands, settings)}",
            f"OPS_HOST=ops.{settings.domain}",
        ),
        secrets=(("edge-token", "edge-token"),),
        mounts=(("edge", "/var/lib/edge"), ("exports", "/ipai/exports")),
        port=(settings.ports["edge"], 80),
        # nginx: its workers are nobody, have files of their own, and are told to go.
        capabilities=("CHOWN", "SETUID", "SETGID", "KILL", "NET_BIND_SERVICE"),
        scratch=("/var/lib/nginx",),
        memory=(("/tmp", "64m"), ("/run", "16m"), ("/var/log/nginx", "16m")),
        limits=limits["edge"],
    )


def imports_folder(settings):
    """Where archives of Odoo lie that are to be taken in; only its owner looks into it."""
    folder = settings.state / "imports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return str(folder)


def _gate(commands, settings, images, role, limits):
    """One of the two ways out of staging and development."""
    is_proxy = role == "egress"
    around = (
        f"WAY_OUT={' '.join(subnets(commands, settings, 'egress'))}",
        f"HOST_ADDRESSES={' '.join(host_addresses(commands))}",
    )
    return Service(
        name=settings.named(role),
        image=images["gate"],
        networks=("control", "nonproduction", *(["egress"] if is_proxy else [])),
        environment=(
            f"GATE={role}",
            f"CONTROL_URL={control_url(commands, settings)}",
            *(around if is_proxy else ()),
        ),
        secrets=(("gate-token", "gate-token"),),
        mounts=((role, "/var/lib/gate"),),
        user="990:990",
        limits=limits["gate"],
    )


def platform_path(settings):
    return settings.state / "platform.json"


def write_platform(commands, settings, images):
    """Everything the management Odoo must know, as a file; holds paths of secrets, never secrets."""
    facts = {
        **platform_facts(commands, settings, images),
        "scheme": "http",
        "public_port": settings.ports["edge"],
        "control_url": control_url(commands, settings),
        "own_repositories": own_repositories(commands, settings),
        "toolbox": str(settings.checkout / "toolbox"),
        "edge_token_file": str(settings.secrets / "edge-token"),
        "imports_folder": imports_folder(settings),
        "imports_source": imports_folder(settings),
        "gate_token_file": str(settings.secrets / "gate-token"),
    }
    facts["registry"]["password_file"] = str(settings.secrets / "registry-password")
    write_private(platform_path(settings), json.dumps(facts, indent=1))


def platform_facts(commands, settings, images):
    """What is the same on a developer's machine and on a server."""
    return {
        "instance": settings.instance,
        "domain": settings.domain,
        "registry": _registry(settings),
        "images": images,
        "networks": {
            kind: settings.named(kind) for kind in ("control", "production", "nonproduction")
        },
        "secrets": {"registry": settings.named("registry-auth")},
        "configs": {"ca_bundle": _ca_bundle(commands, settings)},
        "database_servers": [_database_server(settings, kind) for kind in DATABASE_STAGES],
        **{role: {"host": settings.named(role), "port": port} for role, port in GATE_PORTS.items()},
        "docker": SOCKET,
        "slots": 2,
    }


def _registry(settings):
    """``scoped``: it knows logins that are made for one project's builds."""
    address, internal = registry_addresses(settings)
    named = {"address": address, "internal": internal, "username": REGISTRY_USER}
    return {**named, "scoped": True}


def _ca_bundle(commands, settings):
    name = settings.named("ca-bundle")
    return name if commands.succeeds(docker("config", "inspect", name)) else None


def _database_server(settings, kind):
    return {
        "name": kind,
        "host": settings.named(f"postgres-{kind}"),
        "port": 5432,
        "admin_secret": settings.named(f"postgres-{kind}-password"),
        "stages": DATABASE_STAGES[kind],
    }
