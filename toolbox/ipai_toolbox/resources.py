"""Reads the files that lie beside the code, also from inside a zipapp."""

import pkgutil


def resource_text(package: str, name: str) -> str:
    """The text of a file of one of our packages. Raises FileNotFoundError when it was left out."""
    data = pkgutil.get_data(package, name)
    if data is None:
        raise FileNotFoundError(f"{name} is missing in {package}: build the toolbox again")
    return data.decode("utf-8")
