"""What runs inside job containers, beside the data. Standard library only, Python 3.10 or newer."""

BUILDER_VERSION = "1"
