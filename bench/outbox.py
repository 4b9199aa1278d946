"""How many facts a second go through the log, and what noting them adds to a run."""

import time

from .measure import Row, seconds

FACTS = 2000
NOTED_TARGET = 1000  # hundreds of runs that end in the same second
TAKEN_TARGET = 1000
BARE = "INSERT INTO bench_fact (kind, at, payload) VALUES ('bench.fact', now(), '{}')"
RUN_SECONDS = 30  # a short deploy
FACTS_OF_A_RUN = 4
SHARE_TARGET = 0.01


def rows(env):
    """Return the rows: facts noted and taken, and their share of a run's time."""
    project = env["ops.project"].create(
        {"name": "Facts", "code": "facts", "repository_url": "https://git.example.com/facts.git"}
    )
    place = project.environment_ids[0]
    reader = env["ops.fact.consumer"]._subscribe("bench")
    env.cr.execute("CREATE TEMP TABLE bench_fact (LIKE ops_fact INCLUDING ALL)")
    env.cr.commit()

    def note():
        for number in range(FACTS):
            env["ops.fact"]._note("bench.fact", place, number=number)
        env.cr.commit()

    def bare():
        for _number in range(FACTS):
            env.cr.execute(BARE)
        env.cr.commit()

    noted, plain = FACTS / seconds(note), FACTS / seconds(bare)
    return [_noted(noted, plain), _taken(env, reader), _share(noted)]


def _noted(rate, plain):
    figures = (f"{rate:,.0f}/s", f"bare INSERT {plain:,.0f}/s", f"{rate / plain:.2f}")
    return Row("facts noted per second", *figures, f"≥ {NOTED_TARGET:,}/s", rate >= NOTED_TARGET)


def _taken(env, reader):
    start, count = time.perf_counter(), 0
    while facts := reader._take(200):
        count += len(facts._as_json())
        env.cr.commit()
    rate = count / (time.perf_counter() - start)
    told = (f"{rate:,.0f}/s", f"{count:,} facts, 200 per transaction", "")
    return Row(
        "facts taken by a reader per second", *told, f"≥ {TAKEN_TARGET:,}/s", rate >= TAKEN_TARGET
    )


def _share(rate):
    share = FACTS_OF_A_RUN / rate / RUN_SECONDS
    told = (f"{share:.4%}", f"{FACTS_OF_A_RUN} facts in a run of {RUN_SECONDS} s", "")
    return Row("share of a run spent on its facts", *told, "≤ 1%", share <= SHARE_TARGET)
