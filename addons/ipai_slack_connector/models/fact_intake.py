"""From the facts log to the channels: each fact becomes one line in each channel that hears of it."""

from collections import defaultdict
from datetime import UTC

from odoo import api, models

from ..engine import facts, hours, routing

BATCH = 500


class Message(models.Model):
    _inherit = "ipai.slack.message"

    @api.model
    def _take_facts(self, limit=BATCH):
        """Take the next facts and write their lines, in this transaction; return how many were taken."""
        rows = self._reader()._take(limit)
        self._hear(rows)
        return len(rows)

    @api.model
    def _hear(self, rows):
        """Write down where rows of the facts log are to be told."""
        rules = self.env["ipai.slack.rule"].search([("channel_id.active", "=", True)])
        known = rules._as_routing()
        told = [self._as_fact(row) for row in rows] if known else []
        self._tell([(fact, routing.routes(fact, known)) for fact in told])

    @api.model
    def _as_fact(self, row):
        """Return a row of the log as the engine knows facts."""
        log = row.payload or {}
        environment, project = log.get("environment") or {}, log.get("project") or {}
        run = {key: value for key, value in (log.get("run") or {}).items() if key != "kind"}
        places = (project.get("name"), environment.get("name"))
        data = log.get("data") or {}
        return facts.Fact(
            id=row.id,
            kind=row.kind,
            at=row.at.replace(tzinfo=UTC),
            project_id=project.get("id") or 0,
            environment_id=environment.get("id") or 0,
            run_id=run.get("id") or 0,
            stage=environment.get("stage") or "",
            place=" / ".join(place for place in places if place),
            payload={"requested_by": row.user_id.name, **run, **data},
            data=data,
        )

    @api.model
    def _tell(self, routed):
        """Write the lines of (fact, {channel: mention}) pairs, in their order."""
        by_message = defaultdict(list)
        clocks = {}
        for fact, channels in routed:
            for channel_id, mention in channels.items():
                if channel_id not in clocks:
                    channel = self.env["ipai.slack.channel"].browse(channel_id)
                    clocks[channel_id] = channel._quiet_hours()
                slot = hours.slot(clocks[channel_id], fact.at, facts.is_urgent(fact))
                place = (channel_id, slot.topic or facts.topic(fact))
                by_message[place].append((fact, slot, mention))
        messages = self._for_places(by_message)
        self._write_lines(by_message, messages)
        self._refresh_older(messages)

    def _for_places(self, by_message):
        """Return the message of each (channel, topic), made where it is new."""
        found = self._known(by_message)
        missing = [place for place in by_message if place not in found]
        values = [self._new_values(place, *by_message[place][0]) for place in missing]
        return found | dict(zip(missing, self.create(values), strict=True))

    def _known(self, places):
        channels, topics = ({place[n] for place in places} for n in (0, 1))
        domain = [("channel_id", "in", list(channels)), ("topic", "in", list(topics))]
        return {(each.channel_id.id, each.topic): each for each in self.search(domain)}

    def _new_values(self, place, fact, slot, mention):
        channel_id, topic = place
        is_run = topic.startswith("run:")
        return {
            "channel_id": channel_id,
            "topic": topic,
            "title": fact.place or fact.kind,
            "run_id": self.env["ops.run"].browse(fact.run_id).exists().id if is_run else False,
            "environment_id": self._living_environment(fact),
            "due_at": slot.due_at.replace(tzinfo=None),
            "rank": fact.id,
            "mention": mention,
        }

    def _living_environment(self, fact):
        return self.env["ops.environment"].browse(fact.environment_id).exists().id

    def _write_lines(self, by_message, messages):
        rows = [
            self._line_values(messages[place], place, fact)
            for place, told in by_message.items()
            for fact, _slot, _mention in told
        ]
        # Lines are told in the order of their ids: the facts' own.
        self.env["ipai.slack.line"].create(sorted(rows, key=lambda row: row["fact_id"]))
        for place, told in by_message.items():
            messages[place]._take_news(told)

    @staticmethod
    def _line_values(message, place, fact):
        is_shared = not place[1].startswith("run:")
        return {
            "message_id": message.id,
            "channel_id": place[0],
            "fact_id": fact.id,
            "kind": fact.kind,
            "at": fact.at.replace(tzinfo=None),
            "text": facts.line(fact, with_place=is_shared),
            "is_problem": facts.is_problem(fact),
        }

    def _take_news(self, told):
        mentions = {self.mention or "", *(mention for _fact, _slot, mention in told)} - {""}
        values = {"mention": " ".join(sorted(mentions)) or False}
        if self.state != "waiting":
            values |= {"rank": told[0][0].id, "state": "waiting"}
        if any(facts.is_urgent(fact) for fact, _slot, _mention in told):
            values["due_at"] = min(self.due_at, told[0][1].due_at.replace(tzinfo=None))
        self.write({name: value for name, value in values.items() if self[name] != value})

    def _refresh_older(self, messages):
        """Earlier runs of the same environments lose their buttons: draw those messages anew."""
        fresh = self.browse([message.id for message in messages.values()])
        domain = [("environment_id", "in", fresh.environment_id.ids), ("has_buttons", "=", True)]
        older = self.search([*domain, ("state", "=", "sent"), ("id", "not in", fresh.ids)])
        older.write({"state": "waiting"})
