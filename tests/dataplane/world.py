"""Jobs, servers and volumes as the platform would start them: real containers of this checkout's images."""

import json
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import docker
from docker.errors import APIError, NotFound
from docker.types import Mount

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "script"))

from provision.commands import Commands  # noqa: E402
from provision.images import ensure_archives, ensure_loaded  # noqa: E402

PASSWORD = "the-administrators-word"
ODOO_PASSWORD = "the-targets-word"
RESTIC_PASSWORD = "the-key-of-the-repository"
WAIT_SECONDS = 1200


class Quiet:
    def line(self, text):
        """Images are made once and then found: nothing to tell."""


@dataclass
class Outcome:
    """How a job ended: its result and what it said."""

    result: dict
    lines: list = field(default_factory=list)
    log: str = ""

    def __getitem__(self, key):
        assert key in self.result, f"{self.result}\n{self.log[-4000:]}"
        return self.result[key]

    @property
    def ok(self):
        return self["ok"]

    @property
    def cause(self):
        assert not self["ok"], f"It should have failed: {self.result}"
        return self["cause"]

    @property
    def messages(self):
        return [line["message"] for line in self.lines if "message" in line]


class World:
    """One network with what is made on it; everything is gone at the end."""

    def __init__(self, settings, folder):
        self.client = docker.from_env(timeout=900)
        self.name = f"ipaimove{uuid.uuid4().hex[:6]}"
        self.folder, self.runs = folder, 0
        commands = Commands(folder / "images.log")
        recipes = ensure_archives(commands, settings, Quiet(), ("tools", "postgres", "odoo"))
        self.images = {
            name: ensure_loaded(commands, settings, recipe) for name, recipe in recipes.items()
        }
        self.network = self.client.networks.create(self.name, driver="bridge")
        self.volumes, self.containers = [], []

    def close(self):
        for container in self.containers:
            self._quietly(lambda container=container: container.remove(force=True, v=True))
        for volume in self.volumes:
            self._quietly(lambda volume=volume: volume.remove(force=True))
        self._quietly(self.network.remove)

    def _quietly(self, work):
        try:
            work()
        except (APIError, NotFound):
            return

    @property
    def gateway(self):
        self.network.reload()
        return self.network.attrs["IPAM"]["Config"][0]["Gateway"]

    def next_device(self):
        """The folder that the next volume shall lie in; None for Docker's own place."""

    def volume(self, size="", device=""):
        """A volume; with a size it is a file system of its own, which can be full."""
        device = device or ("" if size else self.next_device())
        options = {"type": "tmpfs", "device": "tmpfs", "o": f"size={size}"} if size else {}
        if device:
            options = {"type": "none", "device": str(device), "o": "bind"}
        name = f"{self.name}-{len(self.volumes)}"
        volume = self.client.volumes.create(name, driver_opts=options)
        self.volumes.append(volume)
        return volume.name

    def secrets(self, **texts):
        """A folder as Swarm would mount it."""
        folder = self.folder / f"secrets-{uuid.uuid4().hex[:6]}"
        folder.mkdir(parents=True)
        given = {"postgres-admin": PASSWORD, "restic-password": RESTIC_PASSWORD, **texts}
        for name, text in given.items():
            if text is not None:
                (folder / name).write_text(text)
                (folder / name).chmod(0o444)
        return folder

    def server(self, alias, data="", more=(), **environment):
        """A PostgreSQL server of the platform's image that answers under the alias."""
        secrets = self.secrets(**{"postgres-password": PASSWORD})
        mounts = [Mount("/run/secrets", str(secrets), "bind", read_only=True)]
        mounts.append(Mount("/var/lib/postgresql", data or self.volume()))
        container = self.client.containers.create(
            self.images["postgres"],
            mounts=[*mounts, *more],
            environment=environment,
            network=self.network.name,
            name=f"{self.name}-{alias}",
            hostname=alias,
            shm_size="256m",
        )
        self.network.disconnect(container)
        self.network.connect(container, aliases=[alias])
        container.start()
        self.containers.append(container)
        server = Server(container, alias)
        server.wait()
        return server

    def job(self, verb, order, **options):
        """Run one verb to its end."""
        return self.start(verb, order, **options).wait()

    def start(
        self, verb, order, image="tools", mounts=(), secrets=None, attempt=1, run=None, **more
    ):
        """Begin one verb; `mounts` are (volume or folder, target)."""
        self.runs += 1
        run = run or self.runs
        fence = {"run": run, "step": verb, "attempt": attempt, "fence": f"{run}-{verb}-{attempt}"}
        places = [
            Mount("/run/secrets", str(secrets or self.secrets()), "bind", read_only=True),
            Mount("/ipai/toolbox", str(ROOT / "toolbox"), "bind", read_only=True),
            *(
                Mount(target, str(s), "bind" if str(s)[0] == "/" else "volume")
                for s, target in mounts
            ),
        ]
        container = self.client.containers.run(
            self.images[image],
            [*more.pop("wrapper", ()), "python3", "-m", "ipai_toolbox", verb],
            entrypoint="",
            mounts=places,
            network=self.network.name,
            environment={
                "IPAI_SPEC": json.dumps({**fence, **order}),
                "PYTHONPATH": "/ipai/toolbox",
                "PYTHONDONTWRITEBYTECODE": "1",
                **more.pop("environment", {}),
            },
            user="0:0",
            working_dir="/tmp",
            detach=True,
            **more,
        )
        self.containers.append(container)
        return Running(container, fence["fence"])

    def service(self, alias, script, folder):
        """A container that goes on, with what the tests need beside the product."""
        container = self.client.containers.create(
            self.images["tools"],
            ["sh", "-ec", script],
            mounts=[Mount("/keys", str(folder), "bind", read_only=True)],
            network=self.network.name,
            user="0:0",
        )
        self.network.disconnect(container)
        self.network.connect(container, aliases=[alias])
        container.start()
        self.containers.append(container)
        return container

    def shell(self, script, mounts=(), image="tools", user="0:0"):
        """The output of a shell script beside the data."""
        output = self.client.containers.run(
            self.images[image],
            ["sh", "-ec", script],
            entrypoint="",
            mounts=[
                Mount(target, str(s), "bind" if str(s)[0] == "/" else "volume")
                for s, target in mounts
            ],
            network=self.network.name,
            user=user,
            remove=True,
            stderr=True,
        )
        return output.decode()


class Running:
    """A job that is under way."""

    def __init__(self, container, fence):
        self.container, self.fence = container, fence

    def wait(self, seconds=WAIT_SECONDS):
        self.container.wait(timeout=seconds)
        log = self.container.logs().decode("utf-8", "replace")
        self.container.remove(v=True)
        lines = [json.loads(line) for line in log.splitlines() if line.startswith('{"seq"')]
        results = [line["result"] for line in lines if line.get("fence") == self.fence]
        return Outcome(results[-1] if results else {}, lines, log)

    def kill(self):
        """End it as a crash would; True when it was still under way."""
        try:
            self.container.kill(signal="SIGKILL")
        except APIError:
            return False
        self.container.wait(timeout=60)
        return True

    def until_it_says(self, words, seconds=120):
        """Return when the job has said this, or has ended."""
        deadline = time.monotonic() + seconds
        while words.encode() not in self.container.logs():
            self.container.reload()
            if self.container.status == "exited":
                return
            assert time.monotonic() < deadline, self.container.logs().decode()[-3000:]
            time.sleep(0.01)


class Server:
    """A PostgreSQL server, asked beside the toolbox."""

    def __init__(self, container, alias):
        self.container, self.alias = container, alias

    @property
    def address(self):
        return {"host": self.alias, "port": 5432}

    def wait(self):
        deadline = time.monotonic() + 600
        while self.container.exec_run(["pg_isready", "-q", "-h", "127.0.0.1"]).exit_code:
            assert time.monotonic() < deadline, self.container.logs().decode()[-2000:]
            time.sleep(0.2)

    def sql(self, statements, database="postgres"):
        """The output of psql, lines of tab-less values separated by |."""
        command = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statements]
        done = self.container.exec_run(command, user="postgres")
        assert done.exit_code == 0, done.output.decode()
        return done.output.decode().strip()

    def databases(self):
        query = "SELECT datname FROM pg_database WHERE datname NOT LIKE 'template_' ORDER BY 1"
        return self.sql(query).split()
