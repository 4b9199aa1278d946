"""What goes to Slack: routing, hours, words, layouts. The layouts are held to slack_sdk's own models."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipai_slack_connector.engine import facts, hours, messages, modals, pace, routing, text
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def fact(kind="run.started", number=1, **values):
    defaults = {"project_id": 1, "environment_id": 2, "run_id": 3, "stage": "staging"}
    return facts.Fact(number, kind, NOON, **{**defaults, **values})


def card(**values):
    known = {"headline": "Deploying 3f2c1a9", "state": "running", "url": "https://ops.example.org"}
    return messages.RunCard(**{**known, "place": "Acme / main", "value": "3:abc", **values})


def check(message):
    """Hold a message to Slack's documented limits, as slack_sdk knows them."""
    assert message["text"].strip()
    assert len(message["text"]) <= text.MESSAGE_LIMIT
    assert len(message["blocks"]) <= 50
    for block in message["blocks"]:
        parsed = Block.parse(block)
        assert parsed is not None
        parsed.validate_json()
    return message


# ----- routing -----


def test_a_rule_without_filters_hears_everything():
    assert routing.routes(fact(), [routing.Rule(7)]) == {7: ""}


@pytest.mark.parametrize(
    "rule",
    [
        {"kinds": ("backup.*",)},
        {"stages": frozenset({"production"})},
        {"projects": frozenset({9})},
        {"environments": frozenset({9})},
        {"only_problems": True},
    ],
)
def test_each_filter_of_a_rule_keeps_a_fact_out(rule):
    assert routing.routes(fact(), [routing.Rule(7, **rule)]) == {}


def test_a_fact_goes_to_each_channel_once():
    rules = [routing.Rule(7), routing.Rule(7, kinds=("run.*",)), routing.Rule(8)]
    assert routing.routes(fact(), rules) == {7: "", 8: ""}


def test_people_are_mentioned_for_problems_only():
    rule = routing.Rule(7, mention="<!here>")
    assert routing.routes(fact(), [rule]) == {7: ""}
    failed = fact("run.finished", payload={"state": "failed"})
    assert routing.routes(failed, [rule, rule]) == {7: "<!here>"}


def test_an_empty_list_of_kinds_means_all():
    assert routing.split_kinds(" ") == ("*",)
    assert routing.split_kinds("run.*, alert.raised") == ("run.*", "alert.raised")


# ----- quiet hours and digests -----

NIGHT = hours.Hours("Europe/Berlin", 22, 7)


def test_by_day_a_fact_is_told_at_once():
    assert hours.slot(NIGHT, NOON) == hours.Slot(NOON)


def test_at_night_it_waits_for_the_morning_in_the_channels_zone():
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)  # half past midnight in Berlin
    slot = hours.slot(NIGHT, late)
    assert slot.due_at.astimezone(ZoneInfo("Europe/Berlin")).strftime("%d %H:%M") == "03 07:00"
    assert slot.topic == "quiet:2026-03-03T06:00"


def test_what_is_urgent_wakes_people():
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    assert hours.slot(NIGHT, late, urgent=True) == hours.Slot(late)


def test_an_hourly_digest_is_told_at_the_full_hour():
    slot = hours.slot(hours.Hours(digest="hourly"), NOON + timedelta(minutes=12))
    assert slot == hours.Slot(NOON + timedelta(hours=1), "digest:2026-03-02T13:00")


def test_a_daily_digest_is_told_at_its_hour():
    daily = hours.Hours("Europe/Berlin", digest="daily", digest_hour=9.5)
    assert hours.slot(daily, NOON).due_at == datetime(2026, 3, 3, 8, 30, tzinfo=UTC)


def test_a_digest_keeps_quiet_hours():
    quiet = hours.Hours(quiet_from=13, quiet_until=15, digest="hourly")
    assert hours.slot(quiet, NOON + timedelta(minutes=1)).due_at.hour == 15


def test_equal_hours_mean_never_quiet():
    assert not any(hours.is_quiet(hours.Hours(), NOON + timedelta(hours=h)) for h in range(24))


@given(
    moment=st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)),
    start=st.integers(0, 23),
    end=st.integers(0, 23),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]),
    digest=st.sampled_from(["none", "hourly", "daily"]),
)
def test_nothing_is_told_before_it_happened_nor_two_days_after(moment, start, end, zone, digest):
    now = moment.replace(tzinfo=UTC)
    due = hours.slot(hours.Hours(zone, start, end, digest), now).due_at
    assert now <= due <= now + timedelta(hours=49)


# ----- text -----


def test_names_cannot_mention_people_or_forge_links():
    assert text.escape("<!channel> & <https://evil|ok>").count("<") == 0


@given(st.text(alphabet="ab<>&|", max_size=80), st.integers(20, 60))
def test_a_cut_text_fits_and_ends_in_no_broken_escape(raw, limit):
    shown = text.cut(text.escape(raw), limit)
    assert len(shown) <= limit
    assert "&" not in shown or shown.rstrip("…").rfind(";") >= shown.rfind("&")


def test_durations_read_as_people_say_them():
    assert [text.seconds(n) for n in (41, 200, 7500)] == ["41 s", "3 min 20 s", "2 h 5 min"]


def test_mentions_are_written_as_slack_reads_them():
    assert text.mention("here") == "<!here>"
    assert text.mention("id", "U123") == "<@U123>"
    assert text.mention("id", "S123") == "<!subteam^S123>"
    assert text.mention("none") == ""


# ----- facts -----


def test_all_facts_of_a_run_share_one_topic():
    assert {facts.topic(fact(number=n)) for n in range(5)} == {"run:3"}


def test_an_alert_keeps_its_topic_until_it_is_resolved():
    raised = fact("alert.raised", 1, run_id=0, payload={"alert": 7})
    resolved = fact("alert.resolved", 2, run_id=0, payload={"alert": 7})
    assert facts.topic(raised) == facts.topic(resolved) != facts.topic(fact(run_id=0))


def test_a_failure_in_production_is_urgent_and_one_in_staging_is_not():
    failed = {"payload": {"state": "failed"}}
    assert facts.is_urgent(fact("run.finished", stage="production", **failed))
    assert not facts.is_urgent(fact("run.finished", **failed))


@pytest.mark.parametrize("kind", [*facts.WORDS, "something.new"])
def test_every_kind_of_fact_is_one_line(kind):
    payload = {"cause": "The <disk> is\nfull", "state": "failed", "commit": "3f2c1a9d0e"}
    line = facts.line(fact(kind, payload=payload))
    assert line.startswith("<!date^1772452800^{time_secs}|12:00:00 UTC>")
    assert "<disk>" not in line
    assert len(line) <= facts.LINE_LIMIT


def test_an_unknown_fact_tells_what_it_brings_and_nought_is_something():
    data = {"rows": 0, "note": "", "is_big": False, "size": 12}
    assert facts.line(fact("odd", data=data)).endswith("odd — rows: 0, size: 12")


# ----- layouts -----


@pytest.mark.parametrize("state", [*messages.MARKS, "something new"])
def test_a_run_is_shown_in_every_state(state):
    shown = check(messages.run(card(state=state, cause="It broke.", hint="Mend it.")))
    assert "Deploying 3f2c1a9" in shown["text"]
    assert ("It broke." in str(shown["blocks"])) == (state == "failed")


def test_a_run_that_waits_says_for_what_and_offers_the_decision():
    shown = check(
        messages.run(
            card(state="blocked", waiting_for="Two <of> two", buttons=("approve", "reject"))
        )
    )
    assert "Two &lt;of&gt; two" in str(shown["blocks"])
    asked = fact("approval.asked", payload={"why": "Production needs two people."})
    assert facts.line(asked).endswith("Waits for approval — Production needs two people.")


def test_buttons_carry_the_run_and_ask_before_they_act():
    names = tuple(messages.LABELS)
    actions = check(messages.run(card(buttons=names)))["blocks"][-1]["elements"]
    assert [button["action_id"] for button in actions] == [f"ops_{name}" for name in names]
    assert {button["value"] for button in actions} == {"3:abc"}
    asked = {button["action_id"] for button in actions if "confirm" in button}
    assert asked == {"ops_approve", "ops_retry"}


def test_the_longest_names_still_fit():
    long = "x<&>" * 4000
    check(messages.run(card(headline=long, cause=long, hint=long, subject=long, state="failed")))
    check(messages.digest(messages.Digest(long[:900], [("runs", 3)], [long[:500]] * 90)))
    check(messages.note(long, "https://ops.example.org"))


def test_a_digest_counts_and_lists():
    shown = check(messages.digest(messages.Digest("Since 22:00", [("done", 4), ("failed", 0)])))
    assert "*4* done" in str(shown)
    assert "failed" not in str(shown)


@given(st.lists(st.integers(1, 900), min_size=1, max_size=60))
def test_a_thread_tells_every_line_in_its_order(lengths):
    lines = [f"{number} ".ljust(length, "x") for number, length in enumerate(lengths)]
    told, left = [], lines
    while left:
        shown, taken = messages.batch(left)
        assert taken >= 1
        assert len(shown["blocks"][0]["text"]["text"]) <= text.SECTION_LIMIT
        told += shown["blocks"][0]["text"]["text"].split("\n")
        left = left[taken:]
    assert told == lines


def test_a_shortened_message_keeps_its_words_only():
    short = messages.shortened(messages.message("x" * 9000, [messages.section("y")]))
    assert short["blocks"] == []
    assert len(short["text"]) <= text.SECTION_LIMIT


def test_the_forms_are_views_slack_accepts():
    choices = [modals.Choice(str(n), f"build {n} " + "x" * 90) for n in range(150)]
    for view in (
        modals.deploy(choices, "7", "|C1"),
        modals.where("logs", "Log", choices, "|C1"),
        modals.rollback("Acme / main", choices, "3:abc|C1"),
        modals.rollback_anywhere([("Acme / main " * 9, choices[:100])] * 3, "|C1"),
        modals.reject("Deploy 3f2c1a9 to Acme / main", "3:abc|C1"),
    ):
        View(**view).validate_json()
        for block in view["blocks"]:
            Block.parse(block).validate_json()
    assert modals.deploy(choices, "7")["blocks"][0]["element"]["initial_option"]["value"] == "7"


# ----- pace -----


def test_waits_grow_and_end_at_a_quarter_of_an_hour():
    waits = [pace.back_off(attempt, 0) for attempt in range(1, 20)]
    assert waits[:4] == [2, 4, 8, 16]
    assert max(waits) == pace.LONGEST_DELAY_SECONDS


@pytest.mark.parametrize(
    ("header", "seconds"), [("30", 30), (None, 1), ("soon", 1), ("99999", 3600)]
)
def test_retry_after_is_read_with_care(header, seconds):
    assert pace.retry_after(header) == seconds
