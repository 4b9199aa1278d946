"""The way from a mail to a decision: a link for one person, who logs in and presses a button.

Opening the link decides nothing: mail programs open links by themselves.
"""

from odoo.exceptions import AccessError, UserError
from odoo.http import Controller, request, route

DECISIONS = ("approved", "rejected")


class ApprovalController(Controller):
    @route(
        "/ipai/approval/<string:token>", type="http", auth="user", methods=["GET"], readonly=True
    )
    def show(self, token):
        """Show what will happen, with the two buttons."""
        run = request.env["ops.run"]._of_link(token, request.env.user)
        return self._page(run, token)

    @route("/ipai/approval/<string:token>", type="http", auth="user", methods=["POST"])
    def decide(self, token, decision="", reason=""):
        """Take the decision and lead to the run."""
        run = request.env["ops.run"]._of_link(token, request.env.user)
        if not run or decision not in DECISIONS:
            return self._page(run, token)
        try:
            run._decide(decision, reason, "mail")
        except (AccessError, UserError) as refusal:
            return self._page(run, token, str(refusal))
        return request.redirect(f"/odoo/ops-runs/{run.id}")

    @staticmethod
    def _page(run, token, refusal=""):
        values = {"run": run, "token": token, "refusal": refusal}
        status = 200 if run else 410
        return request.render("ipai_ops.approval_page", values, status=status)
