"""Entry of `python3 -m ipai_toolbox VERB` and of the zipapp."""

import sys
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ipai_toolbox.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
