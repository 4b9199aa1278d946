"""What a message asks of Slack next, and what follows from the answer."""

import random
from dataclasses import dataclass, field

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine import failures, messages, moves, pace

SHORTEST_BREAK_SECONDS = 60
LOOK_BACK_MESSAGES = 100


@dataclass(frozen=True)
class Call:
    """One call to make, with everything it needs, so that no transaction is open meanwhile."""

    message_id: int
    move: str
    method: str
    arguments: dict = field(repr=False)
    token: str = field(repr=False)
    base_url: str = ""
    shown: str = ""
    last_line: int = 0


class Message(models.Model):
    _inherit = "ipai.slack.message"

    @api.model
    def _ready(self):
        """Return for each channel that may be called now its first waiting message."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (message.channel_id) message.id, message.rank
                  FROM ipai_slack_message message
                  JOIN ipai_slack_channel channel ON channel.id = message.channel_id
                  JOIN ipai_slack_workspace workspace ON workspace.id = channel.workspace_id
                 WHERE message.state = 'waiting' AND channel.active AND workspace.active
                   AND workspace.sealed_values->>'bot_token' IS NOT NULL AND %s <= %s
              ORDER BY message.channel_id, message.rank, message.id
                """,
                self._due_sql(),
                fields.Datetime.now(),
            )
        )
        return self.browse([row[0] for row in sorted(rows, key=lambda row: row[1])])

    @api.model
    def _next_due(self):
        """Return when something has to be told next, or None."""
        query = SQL(
            """
            SELECT min(%s) FROM ipai_slack_message message
              JOIN ipai_slack_channel channel ON channel.id = message.channel_id
              JOIN ipai_slack_workspace workspace ON workspace.id = channel.workspace_id
             WHERE message.state = 'waiting' AND channel.active AND workspace.active
               AND workspace.sealed_values->>'bot_token' IS NOT NULL
            """,
            self._due_sql(),
        )
        return self.env.execute_query(query)[0][0]

    @staticmethod
    def _due_sql():
        return SQL("greatest(message.due_at, channel.paused_until, workspace.paused_until)")

    def _prepare(self):
        """Return the next call of this message, its intent written down; None when all is told."""
        content = self._content()
        wanted = self._fingerprint(content)
        lines = self._unsent()
        standing = moves.Standing(
            self.slack_ts or "",
            self.in_doubt or "",
            self.shown or "",
            wanted,
            len(lines) if self._has_thread() else 0,
        )
        move = moves.next_move(standing)
        if not move:
            self.write({"state": "sent"})
            return None
        return getattr(self, f"_prepare_{move}")(content, wanted, lines)

    def _unsent(self):
        """Return the next lines to tell, in their order: more than one reply ever holds."""
        waiting = [("message_id", "=", self.id), ("sent_at", "=", False)]
        return self.env["ipai.slack.line"].search(waiting, order="id", limit=100)

    def _prepare_look(self, _content, _wanted, _lines):
        arguments = {"channel": self.slack_channel or self.channel_id.slack_id}
        arguments |= {"limit": LOOK_BACK_MESSAGES, "include_all_metadata": True}
        arguments["oldest"] = f"{self.create_date.timestamp() - SHORTEST_BREAK_SECONDS:.6f}"
        is_reply = self.in_doubt == moves.REPLY
        method = "conversations.replies" if is_reply else moves.METHODS[moves.LOOK]
        if is_reply:
            arguments["ts"] = self.slack_ts
        return self._call(moves.LOOK, method, arguments)

    def _prepare_post(self, content, wanted, _lines):
        arguments = {"channel": self.channel_id.slack_id, "unfurl_links": False, **content}
        arguments["metadata"] = moves.marked(self._mark(moves.POST, 0))
        self.write({"in_doubt": moves.POST, "doubt_line": 0, "title": content["text"][:200]})
        return self._call(moves.POST, "chat.postMessage", arguments, shown=wanted)

    def _prepare_update(self, content, wanted, _lines):
        arguments = {"channel": self.slack_channel, "ts": self.slack_ts, **content}
        self.write({"title": content["text"][:200]})
        return self._call(moves.UPDATE, "chat.update", arguments, shown=wanted)

    def _prepare_reply(self, _content, _wanted, lines):
        content, taken = messages.batch(lines.mapped("text"))
        content = messages.shortened(content) if self.is_short else content
        last = lines[taken - 1].id
        arguments = {"channel": self.slack_channel, "thread_ts": self.slack_ts, **content}
        arguments |= {"unfurl_links": False, "metadata": moves.marked(self._mark("reply", last))}
        self.write({"in_doubt": moves.REPLY, "doubt_line": last})
        return self._call(moves.REPLY, "chat.postMessage", arguments, last_line=last)

    def _mark(self, move, line):
        return f"{self.key}.{move}.{line}"

    def _call(self, move, method, arguments, **more):
        workspace = self.channel_id.workspace_id
        token, base_url = workspace.bot_token, workspace.api_url or ""
        return Call(self.id, move, method, arguments, token, base_url, **more)

    def _record(self, call, outcome):
        """Write down what followed from a call."""
        if outcome.ok:
            getattr(self, f"_after_{call.move}")(call, outcome.data)
            self.channel_id._works()
            return
        if not outcome.is_ambiguous or call.move == moves.LOOK:
            self.write({"in_doubt": self.in_doubt if outcome.is_ambiguous else False})
        verdict = failures.verdict(outcome.error, outcome.status, outcome.retry_after)
        if call.move == moves.LOOK and verdict.kind not in (failures.PAUSE, failures.RETRY):
            return  # it may not look: the doubt is gone, and the message is told again
        getattr(self, f"_{verdict.kind}_after")(verdict)

    def _after_look(self, _call, data):
        found = moves.find(data.get("messages"), self._mark(self.in_doubt, self.doubt_line))
        if found and self.in_doubt == moves.POST:
            self._posted(found, self.channel_id.slack_id, "")
        elif found:
            self._told(self.doubt_line)
        self.in_doubt = False

    def _after_post(self, call, data):
        self._posted(data["ts"], data.get("channel"), call.shown)

    def _after_update(self, call, _data):
        buttons = bool(self._shows_buttons(call))
        self.write({"shown": call.shown, "has_buttons": buttons, "edit_count": self.edit_count + 1})

    def _after_reply(self, call, _data):
        self.in_doubt = False
        self._told(call.last_line)

    def _posted(self, ts, channel, shown):
        values = {"slack_ts": ts, "slack_channel": channel, "shown": shown, "in_doubt": False}
        has_buttons = bool(self.run_id and self._buttons(self.run_id))
        self.write({**values, "first_sent_at": fields.Datetime.now(), "has_buttons": has_buttons})
        if not self._has_thread():
            self._told(self._unsent()[-1:].id)

    @staticmethod
    def _shows_buttons(call):
        return [block for block in call.arguments["blocks"] if block["type"] == "actions"]

    def _told(self, last_line):
        """Mark the lines up to ``last_line`` as told; the rank moves to the oldest left."""
        waiting = [("message_id", "=", self.id), ("sent_at", "=", False)]
        lines = self.env["ipai.slack.line"]
        lines.search([*waiting, ("id", "<=", last_line or 0)]).sent_at = fields.Datetime.now()
        left = lines.search(waiting, order="id", limit=1)
        if left:
            self.rank = left.fact_id

    # ----- after a failure: one method per kind of verdict -----

    def _pause_after(self, verdict):
        self.channel_id._pause(verdict.wait_seconds, said=verdict.sentence)

    def _retry_after(self, verdict):
        attempts = self.channel_id.attempts + 1
        wait = pace.back_off(attempts, random.random())  # noqa: S311  only spreads the calls
        self.channel_id._pause(wait, attempts=attempts, said=verdict.sentence)

    def _channel_after(self, verdict):
        attempts = self.channel_id.attempts + 1
        wait = max(pace.back_off(attempts, random.random()), SHORTEST_BREAK_SECONDS)  # noqa: S311
        values = {"attempts": attempts, "said": verdict.sentence, "state": "failed"}
        self.channel_id._pause(wait, **values)

    def _workspace_after(self, verdict):
        workspace = self.channel_id.workspace_id
        workspace.attempts += 1
        wait = pace.back_off(workspace.attempts, random.random())  # noqa: S311
        workspace._break(verdict, max(wait, SHORTEST_BREAK_SECONDS))

    def _shorten_after(self, verdict):
        if self.is_short:
            self._drop_after(verdict)
            return
        self.write({"is_short": True, "said": verdict.sentence})

    def _repost_after(self, verdict):
        self.write({"slack_ts": False, "shown": False, "said": verdict.sentence})

    def _set_aside(self):
        said = self.env._("It cannot be drawn: the server's log says why.")
        self.write({"state": "failed", "said": said})

    def _drop_after(self, verdict):
        self.write({"state": "failed", "said": verdict.sentence})
