"""Lets the gate's own programs be imported: they run inside its image."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "images" / "gate"))
