"""Who may listen to which run over the websocket."""

import re

from odoo import models

CHANNEL = re.compile(r"ipai_ops\.(board|run\.(?P<run>\d+))")


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """Let through the product's channels only for people who may read what they tell."""
        allowed = [channel for channel in channels if self._may_hear(channel)]
        return super()._build_bus_channel_list(allowed)

    def _may_hear(self, channel):
        if not isinstance(channel, str) or not channel.startswith("ipai_ops."):
            return True
        match = CHANNEL.fullmatch(channel)
        if not match or not self.env.user.has_group("ipai_ops.group_viewer"):
            return False
        if not match["run"]:
            return True
        run = self.env["ops.run"].browse(int(match["run"])).exists()
        return bool(run) and run.has_access("read")
