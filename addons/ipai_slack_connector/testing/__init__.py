"""A Slack to try things on, for every suite: tests, benchmarks, pictures."""
