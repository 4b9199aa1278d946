"""Which suite begins next. Pure: the runner says what runs and what is left."""

from .catalog import Engine


def next_suite(waiting, running):
    """Return the first waiting suite that may run beside those that run, or None.

    A suite that needs the engine for itself begins only when no other suite uses it; until all
    shared ones have had their turn it stays behind, so that it never keeps them waiting.
    """
    return next((suite for suite in waiting if _may_begin(suite, waiting, running)), None)


def _may_begin(suite, waiting, running):
    in_use = {one.engine for one in running} - {Engine.UNUSED}
    if suite.engine is Engine.SHARED:
        return Engine.EXCLUSIVE not in in_use
    if suite.engine is Engine.EXCLUSIVE:
        return not in_use and not any(one.engine is Engine.SHARED for one in waiting)
    return True
