"""Docker's events as a bell: the driver looks at once when a container ended or became healthy."""

import threading
import time

import docker
import requests
from docker.errors import DockerException
from docker.types.daemon import CancellableStream

EVENTS = ("die", "health_status")
AFTER_A_LOSS_SECONDS = 2


class Bell:
    """Rings when a container of this instance ended or changed its health on this node.

    A convenience, never the truth: who waits also looks by itself from time to time, so a lost
    event or a container on another node costs a moment and nothing else.
    """

    def __init__(self, client: docker.APIClient, instance: str):
        self._client = client
        self._filters = {
            "type": "container",
            "event": list(EVENTS),
            "label": f"ipai.instance={instance}",
        }
        self._rung = threading.Event()
        self._closed = threading.Event()
        self._stream: CancellableStream | None = None
        threading.Thread(target=self._listen, name="docker-events", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Return when the bell rings or the time is over; True when it rang."""
        rang = self._rung.wait(seconds)
        self._rung.clear()
        return rang

    def close(self) -> None:
        """Stop listening."""
        self._closed.set()
        if self._stream is not None:
            self._stream.close()

    def _listen(self) -> None:
        while not self._closed.is_set():
            try:
                self._read()
            except (requests.RequestException, DockerException, OSError, AttributeError):
                self._closed.wait(AFTER_A_LOSS_SECONDS)  # a quiet stream times out: open it anew

    def _read(self) -> None:
        self._stream = self._client.events(filters=self._filters, since=int(time.time()))
        for _event in self._stream:
            self._rung.set()
            if self._closed.is_set():
                return
