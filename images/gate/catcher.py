"""The mail catcher: takes every message from an environment that proves who it is, sends none on."""

import asyncio
import logging
import warnings
from functools import partial

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

LARGEST_MESSAGE_BYTES = 25 << 20
IDLE_SECONDS = 120
NAME = "mail catcher"


class Catcher:
    """What aiosmtpd calls: a whole message either lies in the spool, or was not accepted."""

    def __init__(self, spool):
        self._spool = spool

    async def handle_DATA(self, _server, session, envelope):
        facts = {"from": envelope.mail_from or "", "to": list(envelope.rcpt_tos)}
        try:
            key = self._spool.put(session.auth_data.environment, facts, envelope.content)
        except BlockingIOError:
            return "452 4.3.1 The catcher holds too much that Operations has not taken yet"
        return f"250 2.0.0 Caught as {key}"


def authenticator(policy):
    """A function by which aiosmtpd asks whose connection it is."""

    def ask(_server, _session, _envelope, _mechanism, given):
        if not isinstance(given, LoginPassword):
            return AuthResult(success=False, handled=False)
        login, password = (
            part.decode("utf-8", "replace") for part in (given.login, given.password)
        )
        account = policy.account(login, password)
        return AuthResult(success=bool(account), handled=False, auth_data=account)

    return ask


async def listen(policy, spool, port):
    """Take connections; there is no TLS, as the network belongs to the platform alone.

    aiosmtpd would warn of that with every connection.
    """
    warnings.filterwarnings("ignore", "Requiring AUTH")
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    make = partial(
        SMTP,
        Catcher(spool),
        data_size_limit=LARGEST_MESSAGE_BYTES,
        enable_SMTPUTF8=True,
        hostname="catcher",
        ident=NAME,
        timeout=IDLE_SECONDS,
        auth_required=True,
        auth_require_tls=False,
        authenticator=authenticator(policy),
    )
    return await asyncio.get_running_loop().create_server(make, "0.0.0.0", port)
