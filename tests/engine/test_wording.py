import pytest
from ipai_ops.engine.wording import duration


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (5400, "1 h 30 min"),
        (7200, "2 h"),
        (86400, "1 day"),
        (93600, "1 day 2 h"),
        (3 * 86400, "3 days"),
    ],
)
def test_lengths_of_time_are_said_as_people_do(seconds, said):
    assert duration(seconds) == said
