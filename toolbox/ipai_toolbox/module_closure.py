"""Which modules an installation, update or removal touches. Pure: graphs in, names out."""


def needed(names, depends: dict[str, list[str]]) -> tuple[list[str], list[str]]:
    """All modules that come along with the names, and those of them nobody has."""
    found, missing, waiting = set(), set(), list(names)
    while waiting:
        name = waiting.pop()
        if name in found or name in missing:
            continue
        if name not in depends:
            missing.add(name)
            continue
        found.add(name)
        waiting += depends[name]
    return sorted(found), sorted(missing)


def dependents(names, depends: dict[str, list[str]]) -> list[str]:
    """The names and every module that stands on one of them."""
    found, is_growing = set(names), True
    while is_growing:
        more = {name for name, below in depends.items() if found & set(below)} - found
        found |= more
        is_growing = bool(more)
    return sorted(found)
