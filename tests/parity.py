"""Marks a test with the rows of docs/parity.md that it holds: ``@parity("1.2", "B3")``."""

import pytest

parity = pytest.mark.parity
