"""One tab of the browser: what a person does there, and what it shows and complains about."""

import base64
import json
import time
from dataclasses import dataclass, field
from pathlib import Path

import websocket

DEADLINE = 90  # seconds; long, as both cores may be busy with the other row of tests
KEYS = {"Enter": 13, "Escape": 27, "Tab": 9, "ArrowDown": 40, "ArrowUp": 38, "End": 35, "Home": 36}


# Docker makes and removes network interfaces all the time; Chromium then breaks what it was loading.
NETWORK_NOISE = ("ERR_NETWORK_CHANGED", "ConnectionLostError")
CUT_OFF = (
    "TypeError: Failed to fetch"  # what a script says of it; without an interruption it is an error
)
# A file that Debian's odoo-19 leaves out of the bundle; nothing of ours needs it.
PACKAGE_NOISE = ("selfie_segmentation",)


class BrowserError(Exception):
    """The page did not do what was asked; the message says what was there instead."""


def until(condition, deadline=DEADLINE, every=0.1, what="the condition"):
    """Return the first true answer of ``condition``; raise when none came in ``deadline`` seconds."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        answer = condition()
        if answer:
            return answer
        time.sleep(every)
    raise BrowserError(f"{what} did not come true within {deadline} s")


@dataclass
class Page:
    """One tab. ``console`` gathers what it said, ``errors`` what it complained about."""

    socket: websocket.WebSocket
    target: str
    errors: list = field(default_factory=list)
    console: list = field(default_factory=list)
    interruptions: int = 0
    _number: int = 0

    def start(self, width, height):
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")
        self.resize(width, height)

    # ----- protocol -----

    def send(self, method, **parameters):
        """Send a command of the DevTools protocol; return its result."""
        self._number += 1
        number = self._number
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == number:
                break
            self._note(message)
        if "error" in message:
            raise BrowserError(f"{method}: {message['error']['message']}")
        return message["result"]

    def _note(self, message):
        if message.get("method") == "Runtime.consoleAPICalled":
            self.console.append(" ".join(map(_console_text, message["params"]["args"])))
        said = _complaint(message.get("method"), message.get("params", {}))
        if any(noise in said for noise in NETWORK_NOISE):
            self.interruptions += 1
        elif said and not any(noise in said for noise in PACKAGE_NOISE):
            self.errors.append(said)
        if self.interruptions:
            self.errors[:] = [error for error in self.errors if CUT_OFF not in error]

    # ----- what a person does -----

    def goto(self, url):
        """Open an address and wait until its document is complete."""
        self.evaluate("window.__left = true")
        error = self.send("Page.navigate", url=url).get("errorText", "")
        if any(noise in error for noise in NETWORK_NOISE):
            error = self.send("Page.navigate", url=url).get("errorText", "")
        if error:
            raise BrowserError(f"{url}: {error}")
        self.wait_true("!window.__left && document.readyState === 'complete'")

    def visit(self, url, selector):
        """Open an address and wait for an element; once more where the network was interrupted."""
        for _attempt in range(2):
            before = self.interruptions
            self.goto(url)
            try:
                return self.wait_for(selector)
            except BrowserError:
                if self.interruptions == before:
                    raise
        self.goto(url)
        return self.wait_for(selector)

    def resize(self, width, height, mobile=None):
        """Take the size of another screen; below 768 px it is a phone, with touch."""
        is_phone = width < 768 if mobile is None else mobile
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=is_phone,
        )
        self.send("Emulation.setTouchEmulationEnabled", enabled=is_phone)

    def click(self, selector, text=None):
        """Click with the mouse in the middle of the element (that holds ``text``)."""
        x, y = self.middle(selector, text)
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.mouse(kind, x, y)

    def drag(self, selector, target_selector, text=None):
        """Drag an element onto another, in the small steps a hand makes."""
        x, y = self.middle(selector, text)
        to_x, to_y = self.middle(target_selector)
        self.mouse("mouseMoved", x, y)
        self.mouse("mousePressed", x, y)
        for part in range(1, 13):
            share = part / 12
            self.mouse("mouseMoved", x + (to_x - x) * share, y + (to_y - y) * share)
            time.sleep(0.03)  # a hand is not instant: the page draws between the moves
        self.mouse("mouseReleased", to_x, to_y)

    def mouse(self, kind, x, y):
        buttons = {} if kind == "mouseMoved" else {"button": "left", "clickCount": 1}
        self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, **buttons)

    def type(self, selector, text):
        """Focus a field, replace what it holds and write ``text``."""
        self.wait_for(selector)
        self.evaluate(f"(e => {{ e.focus(); e.select?.() }})({_query(selector)})")
        self.send("Input.insertText", text=text)

    def press(self, key, modifiers=0):
        """Press and release a key: a letter, or Enter, Escape, ArrowDown…"""
        code = KEYS.get(key) or ord(key.upper())
        base = {"key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
        text = {"text": "\r"} if key == "Enter" else {"text": key} if len(key) == 1 else {}
        self.send("Input.dispatchKeyEvent", type="keyDown", **base, **text)
        self.send("Input.dispatchKeyEvent", type="keyUp", **base)

    # ----- what a person sees -----

    def evaluate(self, expression):
        """Return the value of a JavaScript expression; promises are waited for."""
        result = self.send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            said = details.get("exception", {}).get("description") or details["text"]
            raise BrowserError(f"{expression}: {said}")
        return result["result"].get("value")

    def wait_true(self, expression, deadline=DEADLINE):
        """Wait until a JavaScript expression is true; return its value."""

        def ask():
            try:
                return self.evaluate(expression)
            except BrowserError:
                return None  # the page is changing under the question

        return until(ask, deadline, what=expression)

    def wait_for(self, selector, text=None, deadline=DEADLINE):
        """Wait until an element (that holds ``text``) can be seen."""
        return self.wait_true(f"!!({_query(selector, text)}?.getClientRects().length)", deadline)

    def wait_gone(self, selector, deadline=DEADLINE):
        return self.wait_true(f"!document.querySelector({json.dumps(selector)})", deadline)

    def text(self, selector):
        return self.evaluate(f"{_query(selector)}?.innerText")

    def count(self, selector):
        return self.evaluate(f"document.querySelectorAll({json.dumps(selector)}).length")

    def middle(self, selector, text=None):
        """Return where the middle of an element is, scrolled into sight and come to rest."""
        self.wait_for(selector, text)
        ask = (
            f"(e => {{ if (!e) return null; e.scrollIntoView({{block: 'nearest', inline: 'nearest'}});"
            "const r = e.getBoundingClientRect();"
            f"return [r.x + r.width / 2, r.y + r.height / 2] }})({_query(selector, text)})"
        )
        seen = [None]

        def rests():
            seen.append(self.evaluate(ask))
            return seen[-1] and seen[-1] == seen[-2]

        until(rests, what=f"{selector} at rest")
        return tuple(seen[-1])

    def screenshot(self, path):
        """Save what is in sight as PNG; return the path."""
        self.evaluate("document.fonts.ready.then(() => 1)")
        image = self.send("Page.captureScreenshot", format="png")["data"]
        Path(path).write_bytes(base64.b64decode(image))
        return path

    def close(self):
        """Close the tab at once, whatever it would like to ask about unsaved changes."""
        self.send("Target.closeTarget", targetId=self.target)
        self.socket.close()


def _query(selector, text=None):
    quoted = json.dumps(selector)
    if text is None:
        return f"document.querySelector({quoted})"
    holds = f"e => e.innerText?.includes({json.dumps(text)})"
    return f"[...document.querySelectorAll({quoted})].find({holds})"


def _complaint(method, details):
    """Return what a message of the protocol complains about, or an empty text."""
    if method == "Runtime.exceptionThrown":
        thrown = details["exceptionDetails"]
        return thrown.get("exception", {}).get("description") or thrown["text"]
    if method == "Runtime.consoleAPICalled" and details["type"] == "error":
        return " ".join(map(_console_text, details["args"]))
    if method == "Log.entryAdded" and details["entry"]["level"] == "error":
        entry = details["entry"]
        return f"{entry['text']} {entry.get('url', '')}".strip()
    return ""


def _console_text(argument):
    return str(argument.get("value") or argument.get("description") or argument.get("type"))
