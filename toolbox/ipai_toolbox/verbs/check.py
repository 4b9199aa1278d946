"""Reads a backup repository again and says whether everything in it is as it was written."""

import time

from ..job import Job
from ..outcome import Failure
from ..restic import repository_of
from ..spec import FAULT

USUAL_PERCENT = 5


def run(job: Job) -> dict:
    started, percent = time.monotonic(), job.spec.get("percent", USUAL_PERCENT)
    if not isinstance(percent, (int, float)) or not 0 < percent <= 100:
        raise Failure(f"{percent} is no share of the repository to read", FAULT)
    with repository_of(job.spec.part("repository"), job.places) as repository:
        said = repository.said("check", f"--read-data-subset={percent}%")
    errors = sum(value.get("num_errors", 0) for value in said if isinstance(value, dict))
    if errors:
        raise Failure(f"The backup repository has {errors} errors", "Take a new backup at once")
    seconds = round(time.monotonic() - started, 2)
    job.events.progress(1.0, f"The repository is whole: {percent} % of it read in {seconds} s")
    return {"percent": percent, "seconds": seconds}
