"""People with roles, policies, and runs that wait for an approval."""

from datetime import timedelta

from odoo import fields

from .common import SUBJECTS, sha


def silence_odoobot(env):
    """Keep the bot's greeting from opening over the screens."""
    users = env["res.users"].with_context(active_test=False).search([])
    if "odoobot_state" in users._fields:
        users.odoobot_state = "disabled"


def viewer(env):
    group = env.ref("ipai_ops.group_viewer")
    names = {"name": "Vera Viewer", "login": "viewer", "password": "viewer"}
    env["res.users"].create({**names, "group_ids": [(6, 0, group.ids)]})


def with_app(env):
    """Somebody with an authenticator app, who is no member anywhere."""
    group = env.ref("ipai_ops.group_viewer")
    names = {"name": "Sam Second", "login": "sam", "password": "sam"}
    user = env["res.users"].create({**names, "group_ids": [(6, 0, group.ids)]})
    user.totp_secret = "JBSWY3DPEHPK3PXP"


def person(name, login, project, role, **values):
    """Make somebody with a role in a project; the password is the login."""
    group = project.env.ref("ipai_ops.group_viewer")
    names = {"name": name, "login": login, "password": login, **values}
    user = project.env["res.users"].create({**names, "group_ids": [(6, 0, group.ids)]})
    return project._let_in(user, role)


def governance(owner):
    """Members, a policy that asks for two people, and runs that wait for them."""
    members = owner.member_ids
    for name, login, role in (
        ("Ada Admin", "ada", "admin"),
        ("Otto Operator", "otto", "operator"),
        ("Dana Developer", "dana", "developer"),
        ("Tim Tester", "tim", "tester"),
    ):
        members |= person(name, login, owner, role)
    viewers = owner.env["res.users"].search([("login", "=", "viewer")])
    owner._let_in(viewers, "viewer")
    members[-1].until = fields.Date.today() + timedelta(days=60)
    policies = owner.env["ops.policy"]
    place = {"project_id": owner.id, "stage": "production"}
    policies.create(
        {**place, "name": "Two people agree to production", "rule": "approvals", "quorum": 2}
    )
    backup = {"rule": "proven_backup", "enforcement": "warn", "max_age_hours": 24}
    policies.create({**place, "name": "A proven backup of the last day", **backup})
    weekend = {"weekday_from": "4", "hour_from": 16, "weekday_until": "0", "hour_until": 7}
    shown = {"enforcement": "off", "rule": "freeze", "zone": "Europe/Paris"}
    policies.create({**place, "name": "No changes at the weekend", **shown, **weekend})
    otto = members.user_id.filtered(lambda user: user.login == "otto")
    main = owner.environment_ids.filtered(lambda each: each.stage == "production")
    subject = {"commit_subject": SUBJECTS[2], "commit_author": "Grace Hopper"}
    waiting = main.with_user(otto)._deploy("button", sha(77), **subject)
    ada = members.user_id.filtered(lambda user: user.login == "ada")
    owner.env["ops.run"].with_user(ada).approve_run(waiting.id, "Tested in staging, looks good.")


def one_more_pair_of_eyes(owner):
    """A project where one approval is enough, and a run that waits for it."""
    otto = owner.env["res.users"].search([("login", "=", "otto")])
    owner._let_in(otto, "operator")
    values = {"project_id": owner.id, "rule": "approvals", "stage": "production"}
    owner.env["ops.policy"].create({**values, "name": "Somebody else agrees"})
    main = owner.environment_ids.filtered(lambda each: each.stage == "production")
    main.with_user(otto)._deploy("button", sha(78), commit_subject=SUBJECTS[1])
