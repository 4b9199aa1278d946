"""Runs the suites of tests side by side and sums them up; script/test is its command."""
