"""Sample data for the screens: projects, environments in every state, runs, people.

What is written here is what the driver, the webhooks and people would have written, so that a
picture shows the product as it looks in use.
"""

from .console import console
from .mail import mail_and_hosts
from .people import governance, one_more_pair_of_eyes, silence_odoobot, viewer, with_app
from .projects import acme, blue_bikes, deliveries, project
from .trust import trust


def fill(env):
    """Fill a fresh database, with the ``env`` of Odoo's shell."""
    viewer(env)
    with_app(env)
    silence_odoobot(env)
    owner = acme(env)
    bikes = blue_bikes(env)
    project(env, "Cargo Line", "cargo", "https://git.cargo.example/erp.git", forge="gitea")
    deliveries(owner)
    console(owner)
    governance(owner)
    one_more_pair_of_eyes(bikes)
    trust(owner)
    mail_and_hosts(owner)
    env.cr.commit()
