"""The commands of script/stack."""

import sys

from . import swarm
from .cli import reported, reset, show_services
from .stack import Stack, public_url

USAGE = """usage: script/stack [deploy|status|remove]

  deploy   (or nothing) the product as a Swarm stack, with TLS; again after each change
  status   the stack's services; exit status 0 when all run
  remove   the stack and its data; downloads and images stay in the cache

Settings are variables: IPAI_DOMAIN, IPAI_TLS_CERTIFICATE, IPAI_TLS_KEY, … (docs/install.md)
"""


def deploy(settings, commands, progress):
    Stack(settings, commands, progress).start()
    progress.line("Ready", progress.total_seconds())
    password = settings.secrets / "admin-password"
    sys.stdout.write(
        f"\n  Operations  {public_url(settings)}/  login admin, password in {password}\n"
    )
    return 0


def remove(settings, commands, progress):
    swarm.unlabel_this_node(commands, settings)
    return reset(settings, commands, progress)


def main():
    words = sys.argv[1:]
    command = COMMANDS.get(words[0] if words else "deploy")
    if command is None or len(words) > 1:
        sys.stderr.write(USAGE)
        return 2
    return reported(command)


COMMANDS = {"deploy": deploy, "status": show_services, "remove": remove}

if __name__ == "__main__":
    sys.exit(main())
