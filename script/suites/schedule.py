"""Which suite begins next. Pure: the runner says what runs and what is left."""

from .catalog import Engine


def next_suite(waiting, running):
    """Return the first waiting suite that may run beside those that run, or None.

    A suite that needs the engine for itself comes before those that share it: an engine that is killed
    starts everything again that they deployed, and there is nothing yet.
    """
    return next((suite for suite in waiting if _may_begin(suite, waiting, running)), None)


def _may_begin(suite, waiting, running):
    in_use = {one.engine for one in running} - {Engine.UNUSED}
    if suite.engine is Engine.SHARED:
        in_the_way = {Engine.EXCLUSIVE} & {one.engine for one in (*waiting, *running)}
        return not in_the_way
    return suite.engine is Engine.UNUSED or not in_use
