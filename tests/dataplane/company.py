"""One environment with Odoo's base module, some customers and files, and short ways to move it."""

import uuid

from world import ODOO_PASSWORD

FILES = """
import hashlib, os, psycopg2
root = "/var/lib/odoo/filestore/company"
db = psycopg2.connect(host="production", dbname="company", user="company", password=os.environ["WORD"])
with db, db.cursor() as cursor:
    for number in range(200):
        content = (f"The contract number {number}. " * (number * 7 + 3)).encode()
        name = hashlib.sha1(content).hexdigest()
        os.makedirs(f"{root}/{name[:2]}", exist_ok=True)
        with open(f"{root}/{name[:2]}/{name}", "wb") as file:
            file.write(content)
        cursor.execute(
            "INSERT INTO ir_attachment (name, type, store_fname, checksum, file_size)"
            " VALUES (%s, 'binary', %s, %s, %s)",
            (f"contract {number}", f"{name[:2]}/{name}", name, len(content)))
    cursor.execute(
        "INSERT INTO ir_config_parameter (key, value) SELECT 'filler.' || g, md5(g::text) || repeat('x', 400)"
        " FROM generate_series(1, 20000) g")
"""


class Company:
    """The production environment of the tests."""

    name = "company"

    def __init__(self, world):
        self.world = world
        self.production = world.server("production")
        self.staging = world.server("staging")
        self.files, self.snapshots, self.backups = world.volume(), world.volume(), world.volume()
        self.conf = self._conf(self.production)
        self._install()

    def _conf(self, server, role="company"):
        text = f"[options]\ndb_host = {server.alias}\ndb_user = {role}\ndb_password = {ODOO_PASSWORD}\n"
        return text + "data_dir = /var/lib/odoo\n"

    def _install(self):
        world, mounts = self.world, [(self.files, "/var/lib/odoo")]
        self.secrets = world.secrets(**{"odoo.conf": self.conf})
        for server in (self.production, self.staging):
            server.sql(f"CREATE ROLE company LOGIN PASSWORD '{ODOO_PASSWORD}'")
            server.sql(f"CREATE ROLE preview LOGIN PASSWORD '{ODOO_PASSWORD}'")
        order = {"server": self.production.address, "database": "company", "role": "company"}
        assert world.job("database", order, secrets=self.secrets).ok
        update = {"database": "company", "install": ["base"], "base_url": "https://company.example"}
        assert world.job("update", update, image="odoo", mounts=mounts, secrets=self.secrets).ok
        world.shell(
            f"WORD={ODOO_PASSWORD} python3 -c '{FILES}'".replace("'binary'", "$$binary$$")
            .replace("'filler.'", "$$filler.$$")
            .replace("'x'", "$$x$$"),
            mounts,
            image="odoo",
        )
        world.shell("chown -R 100 /var/lib/odoo", mounts)

    # Places ----------------------------------------------------------------------------------
    def repository(self, code=""):
        """A repository of its own on the backups' volume."""
        return {"kind": "local", "path": f"/ipai/backups/{code or uuid.uuid4().hex[:8]}"}

    @property
    def mounts(self):
        return [
            (self.files, "/var/lib/odoo"),
            (self.backups, "/ipai/backups"),
            (self.snapshots, "/ipai/snapshots"),
        ]

    def order(self, server=None, **more):
        return {"server": (server or self.production).address, **more}

    def run(self, verb, attempt=1, **order):
        return self.start(verb, attempt, **order).wait()

    def start(self, verb, attempt=1, mounts=None, secrets=None, **order):
        order.setdefault("server", self.production.address)
        self._say_whose(verb, order)
        run = order.pop("run", None)
        image = order.pop("image", "tools")
        more = {"environment": order.pop("environment", {}), "wrapper": order.pop("wrapper", ())}
        return self.world.start(
            verb,
            order,
            image=image,
            mounts=mounts or self.mounts,
            secrets=secrets or self.secrets,
            attempt=attempt,
            run=run,
            **more,
        )

    def _say_whose(self, verb, order):
        """As the engine's orders: the role that owns what they name."""
        role = "company" if order["server"] == self.production.address else "preview"
        if verb == "drop":
            order.setdefault("owners", {name: [role] for name in order["databases"]})
            return
        order.setdefault("role", role)
        if verb == "clone":
            order.setdefault("source_role", role)

    # Verbs -----------------------------------------------------------------------------------
    def backup(self, repository, **more):
        tags = {"project": "acme", "environment": "1", "run": str(more.get("run", 1))}
        app = {"image": "acme@sha256:1", "commit": "abc"}
        order = {"database": "company", "repository": repository, "tags": tags, "app": app}
        return self.run("backup", **{**order, **more})

    def restore(self, repository, snapshot, name, **more):
        order = {"server": self.staging.address, "database": name, "role": "preview"}
        order |= {"repository": repository, "snapshot": snapshot}
        return self.run("restore", **{**order, "filestore": self.store(name), **more})

    def store(self, name):
        return f"/var/lib/odoo/filestore/{name}"

    # Facts -----------------------------------------------------------------------------------
    def count(self, server, database):
        """Rows of what the tests planted, as proof that it is the company's database."""
        fillers = "SELECT count(*) FROM ir_config_parameter WHERE key LIKE 'filler.%'"
        files = "SELECT count(*) FROM ir_attachment WHERE name LIKE 'contract %'"
        return server.sql(f"SELECT ({fillers}), ({files})", database)

    def tree(self, path):
        """Names and checksums of all files below a folder."""
        script = f"cd {path} && find . -type f ! -name '.ipai*' -exec sha1sum {{}} + | sort -k2"
        return self.world.shell(script, self.mounts)

    def is_clean(self, server, *names):
        """Only these databases are on the server, and no half of one."""
        return set(server.databases()) == {"postgres", *names}
