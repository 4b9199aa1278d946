"""Reads the odoo.conf that a target gets as a secret."""

import configparser
from pathlib import Path


def read_options(path: Path) -> dict[str, str]:
    """The options of the file's [options] section; empty when there is no file."""
    return read_section(path, "options")


def read_section(path: Path, name: str) -> dict[str, str]:
    """The options of one section; Odoo itself reads [options] alone."""
    parser = configparser.RawConfigParser()
    if path.is_file():
        parser.read_string(path.read_text(encoding="utf-8"))
    return dict(parser[name]) if parser.has_section(name) else {}
