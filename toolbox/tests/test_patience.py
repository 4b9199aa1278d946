"""Waiting for servers that are starting, and for no other trouble."""

import itertools

import pytest

from ipai_toolbox.outcome import Failure, Unreachable
from ipai_toolbox.patience import patiently


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture(autouse=True)
def usual_limit(monkeypatch):
    monkeypatch.delenv("IPAI_PATIENCE_SECONDS")


def asked(answers, seconds=60):
    """Ask what gives these answers in turn; an exception among them is raised."""
    given, clock = iter(answers), Clock()

    def ask():
        answer = next(given)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return patiently(ask, seconds, sleep=clock.sleep, clock=clock)


AWAY = Unreachable("The server cannot be reached", "Start it")


def test_a_server_that_comes_back_is_asked_until_it_answers():
    assert asked([AWAY, AWAY, "here"]) == "here"


def test_a_server_that_stays_away_is_told_at_the_deadline():
    with pytest.raises(Unreachable):
        asked(itertools.repeat(AWAY), seconds=10)


def test_any_other_failure_is_told_at_once():
    with pytest.raises(Failure, match="password"):
        asked([Failure("The password is wrong", "Correct it"), "never asked"])
