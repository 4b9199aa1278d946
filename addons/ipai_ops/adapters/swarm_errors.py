"""What Docker answers when it does not do as asked: fine, refused, or unavailable."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from docker.errors import APIError, DockerException, NotFound

from ..engine.ports import RuntimeRefused, RuntimeUnavailable

CONFLICT = 409


@contextmanager
def existing_is_fine() -> Iterator[None]:
    try:
        yield
    except APIError as error:
        if error.status_code != CONFLICT:
            raise


@contextmanager
def absent_is_fine() -> Iterator[None]:
    try:
        yield
    except NotFound:
        return


@contextmanager
def translated() -> Iterator[None]:
    """Turn Docker's exceptions into the engine's two."""
    try:
        yield
    except APIError as error:
        if error.is_server_error() and "not found" not in str(error.explanation):
            raise RuntimeUnavailable(str(error.explanation)) from error
        raise RuntimeRefused(_sentence(error)) from error
    except (requests.RequestException, DockerException) as error:
        raise RuntimeUnavailable(str(error)) from error


def _sentence(error: APIError) -> str:
    text = str(error.explanation or error).strip()
    return f"Docker refused: {text}" + ("" if text.endswith(".") else ".")
