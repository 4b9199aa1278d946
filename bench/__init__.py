"""Measures the product against a baseline in the same run; ``script/bench`` writes the table."""
