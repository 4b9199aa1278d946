"""What an answer means for a delivery: done, once more, or no use."""

from dataclasses import dataclass

MOST_REFUSALS = 8
KEEP_TRYING_DAYS = 30
PASSING_STATUS = {408, 425, 429}
SAID_LENGTH = 2000


@dataclass(frozen=True)
class Answer:
    """What came back: a status, or none and the reason why."""

    status: int = 0
    text: str = ""
    milliseconds: int = 0
    error: str = ""

    @property
    def is_delivered(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_refusal(self) -> bool:
        """Say whether n8n understood and refused: waiting alone will not help."""
        return 300 <= self.status < 500 and self.status not in PASSING_STATUS

    @property
    def is_server_well(self) -> bool:
        """Say whether the server itself answered, whatever it thinks of the message."""
        return self.is_delivered or self.is_refusal


def is_hopeless(answer: Answer, refusals: int, age_days: float) -> bool:
    """Say whether to stop: refused too often, or waiting for longer than a long outage."""
    return (answer.is_refusal and refusals >= MOST_REFUSALS) or age_days > KEEP_TRYING_DAYS


def sentence(answer: Answer) -> str:
    """Return what happened and what to do, in words for people; empty when all is well."""
    if answer.is_delivered:
        return ""
    if answer.status == 404:
        return "No active workflow has this path: activate it, or correct the path."
    if answer.status in (401, 403):
        return "The workflow refused the signature: give it the secret of this server again."
    if answer.status:
        return f"n8n answered {answer.status}; see its execution for the reason."
    return answer.error or "n8n did not answer."
