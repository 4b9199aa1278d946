"""What the three connectors add to a run: their readers woken by each of its facts."""

from .measure import Row, seconds

ADDONS = "ipai_ops,ipai_n8n_bridge,ipai_slack_connector,ipai_module_manager"
RUN_SECONDS = 30  # a short deploy
FACTS_OF_A_RUN = 4  # each in a transaction of its own
RUNS = 50
SHARE_TARGET = 0.01


def rows(env):
    """Return the row: the time a run's facts take with all readers on, beside none."""
    project = env["ops.project"].create(
        {"name": "Facts", "code": "latency", "repository_url": "https://git.example.com/f.git"}
    )
    place, readers = project.environment_ids[0], env["ops.fact.consumer"].search([])
    env.cr.commit()

    def note():
        for number in range(RUNS * FACTS_OF_A_RUN):
            env["ops.fact"]._note("bench.fact", place, number=number)
            env.cr.commit()

    with_all = seconds(note) / RUNS
    readers.active = False
    env.cr.commit()
    with_none = seconds(note) / RUNS
    added = max(0.0, with_all - with_none)
    share = added / RUN_SECONDS
    return [
        Row(
            "added to a run by all three connectors",
            f"{added * 1000:.1f} ms ({share:.3%} of {RUN_SECONDS} s)",
            f"without readers {with_none * 1000:.1f} ms, {len(readers)} readers on",
            f"{with_all / with_none:.1f}",
            f"≤ {SHARE_TARGET:.0%} of a run",
            share <= SHARE_TARGET,
        )
    ]
