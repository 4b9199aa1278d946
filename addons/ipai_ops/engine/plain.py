"""Plain JSON that every client can read: XML-RPC knows no null."""


def without_nulls(value: object) -> object:
    """Return a JSON value without the keys whose value is null, at any depth."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [without_nulls(item) for item in value if item is not None]
    return value
