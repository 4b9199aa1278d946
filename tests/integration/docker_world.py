"""Looks at Docker from outside the product, and breaks it: what a test needs to prove things."""

import os
import signal
import time
from contextlib import contextmanager
from pathlib import Path

import docker

from provision import docker_engine, firewall, management, processes
from provision.commands import Commands


class DockerWorld:
    """The real engine and the real management process of one instance."""

    def __init__(self, settings):
        self.settings = settings
        self.commands = Commands(settings.logs / "tests.log")
        self.client = docker.from_env(timeout=60)

    def services(self, prefix):
        names = (service.name for service in self.client.services.list())
        return sorted(name for name in names if name.startswith(prefix))

    def jobs(self):
        return self.services(f"{self.settings.instance}-run-")

    def containers_of(self, service_name):
        label = f"com.docker.swarm.service.name={service_name}"
        return self.client.containers.list(filters={"label": label})

    def volumes(self, prefix):
        return sorted(v.name for v in self.client.volumes.list() if v.name.startswith(prefix))

    def image_of(self, service_name):
        service = self.client.services.get(service_name)
        return service.attrs["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"]

    def scale(self, service_name, replicas):
        self.client.services.get(service_name).scale(replicas)

    def wait_for_container(self, service_name, is_too_late, seconds=60):
        """Wait until the service has a running container; False when ``is_too_late()`` says so."""
        deadline = time.monotonic() + seconds
        while not self.containers_of(service_name):
            if is_too_late() or time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def kill_job(self, service_name):
        """Kill the job's container the hard way; say whether it was still at work."""
        killed = [self._kill(container) for container in self.containers_of(service_name)]
        return any(killed)

    def is_at_work(self, service_name, title):
        """Say whether a process of this title runs in the service's container."""
        return any(
            title in line for one in self.containers_of(service_name) for line in titles(one)
        )

    @staticmethod
    def _kill(container):
        """Kill a container; False when it has just ended by itself."""
        try:
            container.kill(signal="SIGKILL")
        except docker.errors.APIError as error:
            if error.status_code not in (404, 409):
                raise
            return False
        return True

    def kill_management(self):
        """Kill every process of the management Odoo, then start it as a person would."""
        with self.management_down():
            pass

    @contextmanager
    def management_down(self):
        """Kill every process of the management Odoo; start it again at the end."""
        pid = processes.running_pid(management.pid_path(self.settings))
        os.killpg(pid, signal.SIGKILL)
        try:
            yield
        finally:
            management.ensure_management(self.commands, self.settings)

    def firewall_holds(self):
        return firewall.state(self.commands, self.settings)[0]

    def kill_engine(self):
        """Kill the Docker daemon and start it again, as after a crash of the machine."""
        docker_engine.stop_engine(signal.SIGKILL)
        docker_engine.ensure_engine(self.commands)

    def restart_registry(self):
        """Replace the registry's container, as an update of the platform does."""
        self.client.services.get(f"{self.settings.instance}-registry").force_update()

    def blobs(self):
        """Return how many layers, manifests and configurations lie on the registry's disk."""
        volume = self.client.volumes.get(f"{self.settings.instance}-registry")
        return sum(1 for _blob in Path(volume.attrs["Mountpoint"]).rglob("blobs/*/*/*/data"))

    def databases(self, server="nonproduction"):
        """Return the names of the databases on one of the targets' servers."""
        [container] = self.containers_of(f"{self.settings.instance}-postgres-{server}")
        asked = ["psql", "-U", "postgres", "-Atc", "SELECT datname FROM pg_database"]
        answer = container.exec_run(asked, user="postgres")
        return set(answer.output.decode().split())

    def mark(self, database, text, server="production"):
        """Write a row that tells this data from any other."""
        table = "CREATE TABLE IF NOT EXISTS ipai_mark (said text)"
        table += "; GRANT ALL ON ipai_mark TO PUBLIC"
        self.psql(database, f"{table}; INSERT INTO ipai_mark VALUES ('{text}')", server)

    def marks(self, database, server="production"):
        """Return the rows written by ``mark``, in order."""
        return self.psql(database, "SELECT said FROM ipai_mark ORDER BY ctid", server).splitlines()

    def psql(self, database, statements, server):
        [container] = self.containers_of(f"{self.settings.instance}-postgres-{server}")
        asked = [
            "psql",
            "-U",
            "postgres",
            "-qAt",
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            statements,
            database,
        ]
        answer = container.exec_run(asked, user="postgres")
        assert answer.exit_code == 0, answer.output.decode()
        return answer.output.decode()

    def dump(self, database, server="production"):
        """Return the database as SQL, by the server's own pg_dump."""
        [container] = self.containers_of(f"{self.settings.instance}-postgres-{server}")
        command = ["pg_dump", "-U", "postgres", "--no-owner", database]
        answer = container.exec_run(command, user="postgres", stderr=False)
        assert answer.exit_code == 0, f"pg_dump ended with {answer.exit_code}"
        return answer.output

    def flip_a_byte_of_each_pack(self, project_code):
        """Damage the project's backups on this machine's disk, as a rotting disk does."""
        volume = self.client.volumes.get(f"{self.settings.instance}-backups")
        packs = Path(volume.attrs["Mountpoint"], project_code, "data").rglob("*")
        for pack in (path for path in packs if path.is_file()):
            pack.chmod(0o600)
            content = bytearray(pack.read_bytes())
            content[len(content) // 2] ^= 1
            pack.write_bytes(content)


def titles(container):
    """Return the command lines of a container's processes; none of one that has just ended."""
    try:
        return [words[-1] for words in container.top()["Processes"]]
    except docker.errors.APIError as error:
        if error.status_code not in (404, 409, 500):
            raise
        return []
