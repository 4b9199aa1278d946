"""What was refused, counted, and told to Operations every few seconds."""

import asyncio
import json
import time

REPORT_SECONDS = 2
MOST = 500  # different destinations between two reports


class Refusals:
    """Counts by environment, host, port and reason."""

    def __init__(self):
        self._counts = {}

    def note(self, environment, host, port, reason):
        key = (environment, host[:253], port, reason)
        if key in self._counts or len(self._counts) < MOST:
            count, _ = self._counts.get(key, (0, 0))
            self._counts[key] = (count + 1, time.time())

    def take(self):
        """Rows for Operations; from here on counting begins anew."""
        counts, self._counts = self._counts, {}
        names = ("environment", "host", "port", "reason")
        return [
            {**dict(zip(names, key, strict=True)), "count": count, "at": at}
            for key, (count, at) in counts.items()
        ]

    async def report(self, control):
        """Tell Operations for ever; what it did not take is told again."""
        rows = []
        while True:
            rows = [*rows, *self.take()][-MOST:]
            if rows and await asyncio.to_thread(self._tell, control, rows) < 300:
                rows = []
            await asyncio.sleep(REPORT_SECONDS)

    @staticmethod
    def _tell(control, rows):
        body = json.dumps({"refused": rows}).encode()
        return control.tell("refused", body, {"Content-Type": "application/json"})
