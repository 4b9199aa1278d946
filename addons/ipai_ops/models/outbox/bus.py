"""Who may listen to which run and project over the websocket."""

import re

from odoo import models

from ..constants import BOARD

CHANNEL = re.compile(r"ipai_ops\.run\.(?P<run>\d+)")


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """Let through what tells of things the person may see.

        A browser asks for the board; it gets one channel for each project the person sees.
        """
        allowed = [channel for channel in channels if self._may_hear(channel)]
        if BOARD in channels:
            allowed += self._board_channels()
        return super()._build_bus_channel_list(allowed)

    def _board_channels(self):
        projects = self.env["ops.project"]
        if not projects.has_access("read"):
            return []
        channels = [project._board_channel() for project in projects.search([])]
        if projects._is_everywhere(self.env.user):
            channels.append(projects._board_channel())
        return channels

    def _may_hear(self, channel):
        if not isinstance(channel, str) or not channel.startswith("ipai_ops."):
            return True
        match = CHANNEL.fullmatch(channel)
        runs = self.env["ops.run"]
        if not match or not runs.has_access("read"):
            return False
        return bool(runs.search_count([("id", "=", int(match["run"]))], limit=1))
