"""Names of everything a run makes, so that a name alone says whose it is."""

import re

DATABASE_NAME_LIMIT = 63  # PostgreSQL: NAMEDATALEN - 1
INSTANCE_LIMIT = 24  # leaves room for what comes after it in names of databases and roles
LABEL_LIMIT = 63  # RFC 1035, 2.3.4


def slug(text: str, limit: int = 40) -> str:
    """Return ``text`` as lower-case letters, digits and single hyphens, at most ``limit`` long."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return plain[:limit].strip("-") or "x"


def host_label(code: str, slug_text: str) -> str:
    """Return the DNS label of an environment, for instance ``acme-feature-pos``."""
    return f"{code}-{slug_text}"[:LABEL_LIMIT].strip("-")


def job(instance: str, run_id: int, step: str, attempt: int) -> str:
    return f"{instance}-run-{run_id}-{step}-{attempt}"


def target(instance: str, environment_id: int) -> str:
    return f"{instance}-env-{environment_id}"


def target_volume(instance: str, environment_id: int) -> str:
    return f"{target(instance, environment_id)}-data"


def quarantine_volume(instance: str, environment_id: int) -> str:
    """Return the volume in which a backup of the environment is tried out."""
    return f"{target(instance, environment_id)}-quarantine"


def snapshots_volume(instance: str) -> str:
    return f"{instance}-snapshots"


def exports_volume(instance: str) -> str:
    return f"{instance}-exports"


def backups_volume(instance: str) -> str:
    return f"{instance}-backups"


def wal_volume(instance: str) -> str:
    """Return the volume with production's WAL and base backups."""
    return f"{instance}-wal"


def server_volume(instance: str, server: str) -> str:
    """Return the volume with the cluster of a database server that the set-up made."""
    return f"{instance}-postgres-{server}"


def conf_secret(instance: str, run_id: int) -> str:
    return f"{instance}-run-{run_id}-conf"


def run_secret(instance: str, run_id: int, filename: str) -> str:
    return f"{instance}-run-{run_id}-{slug(filename)}"


def role(instance: str, environment_id: int) -> str:
    return f"{_identifier(instance)}_env_{environment_id}"


def quarantine_role(instance: str, environment_id: int) -> str:
    """Return the role that owns what is tried out; it knows nothing of the environment's own."""
    return f"{_identifier(instance)}_quarantine_{environment_id}"


def stable_database(instance: str, environment_id: int) -> str:
    """Return the database name of a staging or production environment.

    Everybody on a PostgreSQL server may read the names of its databases and roles, so they say
    neither customer nor branch.
    """
    return f"{_identifier(instance)}_odoo_{environment_id}"


def fresh_database(instance: str, environment_id: int, run_id: int) -> str:
    """Return a database name no other build has or will have."""
    return f"{stable_database(instance, environment_id)}_r{run_id}"


def copy_of(database: str, mark: str, run_id: int) -> str:
    """Return the name of a copy of ``database`` made by a run.

    ``mark``: p a restore point, i incoming, a kept aside, q in quarantine, s a snapshot, f failed.
    """
    tail = f"_{mark}{run_id}"
    return database[: DATABASE_NAME_LIMIT - len(tail)] + tail


def gate_login(environment_id: int) -> str:
    """Return the name under which an environment's Odoo meets the mail catcher and the proxy."""
    return f"env-{environment_id}"


def fence(run_id: int, step: str, attempt: int) -> str:
    """Return the token a job's result must carry to count."""
    return f"{run_id}-{step}-{attempt}"


def _identifier(text: str) -> str:
    return slug(text, INSTANCE_LIMIT).replace("-", "_")
