"""Reads the odoo.conf that a target gets as a secret."""

import configparser
from pathlib import Path


def read_options(path: Path) -> dict[str, str]:
    """The options of the file's [options] section; empty when there is no file."""
    parser = configparser.RawConfigParser()
    if path.is_file():
        parser.read_string(path.read_text(encoding="utf-8"))
    return dict(parser["options"]) if parser.has_section("options") else {}
