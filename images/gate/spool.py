"""Messages between the moment they are accepted and the moment Operations has them."""

import asyncio
import base64
import json
import os
import time
import uuid
from pathlib import Path

HELD_BYTES = 256 << 20  # of one environment; more waits only while Operations is away
PAUSE_SECONDS = 0.5
RETRY_SECONDS = 3
LATER = (401, 408, 429)  # and everything from 500 on: worth another try


class Spool:
    """A folder for each environment; a file is a line of facts, then the message."""

    def __init__(self, folder):
        self._folder = Path(folder)

    def put(self, environment, facts, content):
        """Keep a message, on the disk before this returns; its key. Raises BlockingIOError when full."""
        folder = self._folder / str(environment)
        folder.mkdir(parents=True, exist_ok=True)
        held = sum(path.stat().st_size for path in folder.iterdir())
        if held + len(content) > HELD_BYTES:
            raise BlockingIOError
        key = f"{time.time_ns():020}-{uuid.uuid4().hex[:12]}"
        head = json.dumps({**facts, "at": time.time()}).encode() + b"\n"
        partial = folder / f"{key}.partial"
        with partial.open("wb") as out:
            out.write(head + content)
            out.flush()
            os.fsync(out.fileno())
        partial.rename(folder / f"{key}.eml")
        return key

    def waiting(self):
        """The files to hand over, oldest first."""
        return sorted(self._folder.glob("*/*.eml"), key=lambda path: path.name)

    async def hand_over(self, control):
        """Give everything to Operations, for ever; what it has taken, or will never take, goes."""
        while True:
            pause = PAUSE_SECONDS
            for path in self.waiting():
                status = await asyncio.to_thread(_tell, control, path)
                if status >= 500 or status in LATER:
                    pause = RETRY_SECONDS
                    break
                if status >= 300:
                    print(f"Operations refused a message with {status}: dropped", flush=True)
                path.unlink()
            await asyncio.sleep(pause)


def _tell(control, path):
    head, _, content = path.read_bytes().partition(b"\n")
    headers = {
        "Content-Type": "message/rfc822",
        "X-Ipai-Environment": path.parent.name,
        "X-Ipai-Mail": path.stem,
        "X-Ipai-Envelope": base64.b64encode(head).decode(),
    }
    return control.tell("mail", content, headers)
