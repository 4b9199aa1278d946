"""What each service of the platform may take of its machine: memory, processors, processes.

A limit is a ceiling, nothing is set aside: together they may be more than the machine has. It keeps a
service that runs wild from taking the rest with it. A variable overrides a default.
"""

import re
from dataclasses import dataclass

from .trouble import Trouble

MEBIBYTE = 1 << 20
LEAST_MB = 64
STEP_MB = 256  # after a start a machine may have a little less: no reason to make services anew


@dataclass(frozen=True)
class Limits:
    """What one service has at most. ``cpus`` is a decimal number, as Docker reads it."""

    memory_mb: int
    cpus: str
    pids: int

    @property
    def memory(self):
        return f"{self.memory_mb}M"


@dataclass(frozen=True)
class Share:
    """A service's part of its machine, and the least it works with."""

    of_memory: float
    least_mb: int
    of_cpus: float
    pids: int


# PostgreSQL's memory grows with its connections (300 at most), beside 256 MB of shared buffers and as
# much of shared memory for parallel work.
SHARES = {
    "postgres": Share(0.75, 2048, 1.0, 2048),
    "management": Share(0.5, 2048, 1.0, 2048),
    "registry": Share(0.25, 1024, 0.5, 512),
    "edge": Share(0.25, 512, 0.5, 512),
    "gate": Share(0.125, 256, 0.25, 512),
}


def kind_of(service):
    """Return the kind whose limits a service has, for instance postgres for postgres-production."""
    if service in ("mail", "egress"):
        return "gate"
    return service.partition("-")[0]


def read_limits(environ):
    """{(word, kind): what a person set}. Raises Trouble on a value that cannot work."""
    found = {}
    for kind in SHARES:
        memory, cpus = f"IPAI_MEMORY_{kind.upper()}", f"IPAI_CPUS_{kind.upper()}"
        if text := environ.get(memory, ""):
            if not text.isdigit() or int(text) < LEAST_MB:
                raise Trouble(f"{memory} is “{text}”: give a number of MB, {LEAST_MB} at least.")
            found["memory", kind] = int(text)
        if text := environ.get(cpus, ""):
            if not re.fullmatch(r"\d{1,3}(\.\d{1,2})?", text) or float(text) < 0.1:
                raise Trouble(f"{cpus} is “{text}”: give a number of processors, 0.1 at least.")
            found["cpus", kind] = float(text)
    return found


def limits_of(kind, machine, chosen):
    """Return the limits of a kind of service on a ``machine`` (processors, bytes of memory).

    Docker refuses more processors than there are.
    """
    share, (cpus, memory_bytes) = SHARES[kind], machine
    part = int(memory_bytes / MEBIBYTE * share.of_memory) // STEP_MB * STEP_MB
    memory_mb = max(share.least_mb, part)
    wanted = chosen.get(("cpus", kind), max(0.5, cpus * share.of_cpus))
    return Limits(
        chosen.get(("memory", kind), memory_mb), f"{min(float(cpus), wanted):g}", share.pids
    )


def variables(machine, chosen):
    """The variables of deploy/*.yml that hold the limits; processes stand in the files."""
    made = {}
    for kind in SHARES:
        limits = limits_of(kind, machine, chosen)
        made[f"IPAI_MEMORY_{kind.upper()}"] = limits.memory
        made[f"IPAI_CPUS_{kind.upper()}"] = limits.cpus
    return made
