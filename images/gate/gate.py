"""Starts one of the two ways out of staging and development, by the variable GATE: mail or egress.

Both know the environments by the policy that the control plane serves. They keep the last good one,
so neither a restart nor an absent control plane changes who may do what.
"""

import asyncio
import os
import signal
from pathlib import Path

from control import Control
from policy import Policy

PORTS = {"mail": 1025, "egress": 3128}
STATE = Path("/var/lib/gate")


def control_of(environ):
    token = Path(environ.get("GATE_TOKEN_FILE", "/run/secrets/gate-token"))
    return Control(environ["CONTROL_URL"].rstrip("/"), token)


async def serve(role, control):
    """Serve until we are told to stop."""
    policy = Policy(STATE / "policy.json")
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    tasks = [asyncio.create_task(policy.follow(control))]
    tasks += await (_mail if role == "mail" else _egress)(policy, control)
    stopping = asyncio.create_task(stop.wait())
    done, _pending = await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


async def _mail(policy, control):
    from catcher import listen
    from spool import Spool

    spool = Spool(STATE / "spool")
    await listen(policy, spool, PORTS["mail"])
    return [asyncio.create_task(spool.hand_over(control))]


async def _egress(policy, control):
    from guard import read_guard
    from proxy import Proxy

    proxy = Proxy(policy, read_guard(os.environ))
    await proxy.listen(PORTS["egress"])
    return [asyncio.create_task(proxy.refusals.report(control))]


if __name__ == "__main__":
    asyncio.run(serve(os.environ["GATE"], control_of(os.environ)))
