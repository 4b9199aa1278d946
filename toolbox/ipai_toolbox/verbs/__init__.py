"""One file per verb: `run(job) -> dict`, or `main() -> int` for verbs without a specification."""
