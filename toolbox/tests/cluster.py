"""A PostgreSQL server of the tests' own, in a private folder, asked beside the toolbox."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

SECONDS = 300


class Cluster:
    """Reached by its socket alone, and there nobody is asked for a password."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="ipai-cluster-"))
        self.log = self.folder / "log"
        self.programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self.folder.chmod(0o711)
        self._program(
            "initdb", "-A", "trust", "-U", "postgres", "--locale", "C.UTF-8", "-E", "UTF8"
        )
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c fsync=off"
        self._program(
            "pg_ctl", "-w", "-t", str(SECONDS), "-l", str(self.log), "-o", options, "start"
        )

    def close(self):
        self._program("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(self.folder)

    def _program(self, name, *words):
        become = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        command = [*become, str(self.programs / name), "-D", str(self.folder / "data"), *words]
        with tempfile.TemporaryFile() as said:  # pg_ctl's server would keep a pipe open
            done = subprocess.run(command, stdout=said, stderr=said, cwd="/", timeout=SECONDS)
            said.seek(0)
            assert done.returncode == 0, said.read().decode()

    @property
    def address(self):
        return {"host": str(self.folder), "port": 5432}

    def sql(self, statements, database="postgres", user="postgres"):
        """What psql answers, values separated by |. Raises AssertionError in the server's words."""
        command = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", str(self.folder), "-U", user]
        done = subprocess.run(
            [*command, "-d", database, "-f", "-"],
            input=statements,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def sprung(self):
        """Which traps were sprung so far: Counter of (database, place, SUPERUSER or ordinary)."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        rows = [line.split("|") for line in lines if "LOG:  ipai-trap|" in line]
        return Counter((row[1], row[2], row[5]) for row in rows if len(row) > 6)
