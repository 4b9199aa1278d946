"""What a person asked of n8n."""

from odoo import api, fields, models
from odoo.addons.ipai_ops.models.outbox.question import STATES

from ..engine.templates import fill


class N8nOrder(models.Model):
    _name = "ipai.n8n.order"
    _inherit = "ops.question"
    _description = "Question to n8n"
    _product_written = True
    _rec_name = "kind"
    _answering_cron = "ipai_n8n_bridge.cron_work"

    server_id = fields.Many2one("ipai.n8n.server", required=True, ondelete="cascade", index=True)
    kind = fields.Selection(
        [
            ("test", "Test the connection"),
            ("refresh", "Read the workflows"),
            ("activate", "Activate a workflow"),
            ("deactivate", "Deactivate a workflow"),
            ("import", "Import a workflow"),
        ],
        required=True,
        readonly=True,
    )
    state = fields.Selection(STATES, default="waiting", required=True, readonly=True)
    payload = fields.Json(groups=fields.NO_ACCESS)

    @api.model
    def _place(self, server, kind, **payload):
        """Remember the question and wake the scheduler."""
        return self._ask(kind, server_id=server.id, payload=payload)

    def _begin(self):
        """Return the work as a function of the API: it touches no record."""
        kind, payload = self.kind, dict(self.payload or {})
        works = {
            "test": lambda api: api.health(),
            "refresh": lambda api: api.workflows(),
            "activate": lambda api: api.set_active(payload["workflow"], True),
            "deactivate": lambda api: api.set_active(payload["workflow"], False),
            "import": lambda api: _import(api, payload),
        }
        return works[kind]

    def _note_end(self, said, is_well):
        """Keep the answer, take over what it tells, and tell the person."""
        self.ensure_one()
        text = self._take_over(said) if is_well else said
        self._close(is_well, text)
        self.payload = False  # it may hold secrets on their way to n8n
        if self.kind == "test":
            health = {"health": "well" if is_well else "unwell", "health_said": text}
            self.server_id.write({**health, "checked_at": fields.Datetime.now()})
        notice = {"title": self.server_id.name, "message": text, "sticky": not is_well}
        kind = "success" if is_well else "danger"
        self.user_id._bus_send("simple_notification", {**notice, "type": kind})

    def _note_fault(self):
        """Tell of a fault of our own."""
        self._note_end(
            self.env._("This server has a fault and did not do it: its log says why."), False
        )

    def _take_over(self, said):
        workflows = self.env["ipai.n8n.workflow"]
        if self.kind == "refresh":
            workflows._take_list(self.server_id, said)
            return self.env._("%s workflows found.", len(said))
        if self.kind in ("activate", "deactivate", "import"):
            flow = workflows._take_one(self.server_id, said)
            if self.kind == "import":
                flow._subscribe(said.get("nodes", []))
            state = self.env._("active") if flow.is_active else self.env._("not active")
            return self.env._("“%(name)s” is %(state)s.", name=flow.name, state=state)
        return said


def _import(api, payload):
    """Store the credentials, create the workflow with them or renew it, activate it; return it."""
    text = payload["workflow"]
    for blank, (name, kind, data) in payload["credentials"].items():
        text = text.replace(f"__{blank}__", api.create_credential(name, kind, data))
    made = _put(api, fill(text, {}))
    return {**made, **api.set_active(made["id"], True)}


def _put(api, workflow):
    """Renew the workflow of an earlier import, so that no second one wants its webhooks; or create it."""
    same = [each for each in api.workflows() if each.get("name") == workflow["name"]]
    earlier = next((each for each in same if not each.get("isArchived")), None)
    if not earlier:
        return api.create_workflow(workflow)
    api.set_active(earlier["id"], False)
    return api.update_workflow(earlier["id"], workflow)
