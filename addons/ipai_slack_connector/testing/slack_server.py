"""A Slack of the tests' own, on the loopback: its Web API as documented, its limits, its bad days.

>>> with SlackServer() as slack:
...     slack.add_channel("C1", "ops")
...     slack.trouble("chat.postMessage", status=429, retry_after=2)
...     slack.url       # give it to the client as its base URL
"""

import inspect
import json
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from slack_sdk import WebClient

TOKEN = "xoxb-test-token"  # noqa: S105  of a server that is none
SCOPES = "chat:write,commands,users:read,users:read.email,channels:history,groups:history"
TEXT_LIMIT = 40_000
CODE = "code-of-slack"
CLIENT_ID, CLIENT_SECRET = "11.22", "client-secret"


@dataclass
class Channel:
    id: str
    name: str
    is_member: bool = True
    is_archived: bool = False
    messages: list = field(default_factory=list)
    last_post_at: float = 0.0


class SlackServer:
    """State and behaviour; ``calls`` keeps every call in its order."""

    def __init__(self, gap_seconds=0.0):
        self.channels, self.users, self.views, self.responses = {}, {}, [], []
        self.calls, self.troubles, self.triggers, self.whispers = [], {}, set(), []
        self.answers = []  # the status of every answer
        self.gap_seconds = gap_seconds  # below it, chat.postMessage answers 429
        self.token, self.scopes = TOKEN, SCOPES
        self.team = {"id": "T1", "name": "Acme"}
        self._number = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    # ----- what a test sets up and looks at -----

    @property
    def root(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def url(self):
        return f"{self.root}/api/"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_exc):
        self._server.shutdown()
        self._server.server_close()

    def add_channel(self, channel_id, name, **values):
        self.channels[channel_id] = Channel(channel_id, name, **values)
        return self.channels[channel_id]

    def add_user(self, user_id, email, **values):
        facts = {"id": user_id, "team_id": self.team["id"], "deleted": False, "is_bot": False}
        facts |= {"is_restricted": False, "is_ultra_restricted": False, "is_email_confirmed": True}
        profile = {"email": email, "real_name": email.split("@")[0].title()}
        self.users[user_id] = {**facts, "profile": profile, **values}

    def trouble(self, method, times=1, **how):
        """Let the next calls of a method fail: error=, status=, retry_after=, delay=, after=, drop=.

        ``after=True``: the message is taken, and only the answer is lost.
        """
        queue = self.troubles.setdefault(method, deque())
        queue.extend([how] * times)

    def called(self, method):
        return [arguments for name, arguments, _at in self.calls if name == method]

    def texts(self, channel_id, thread_ts=None):
        """Return the texts of a channel's messages, or of a thread's answers."""
        messages = self.channels[channel_id].messages
        return [each["text"] for each in messages if each.get("thread_ts") == thread_ts]

    # ----- behaviour -----

    def answer(self, method, arguments, token):
        """Return status, headers and body of a call, or None where the connection just ends."""
        with self._lock:
            self.calls.append((method, arguments, time.monotonic()))
            queue = self.troubles.get(method)
            how = queue.popleft() if queue else None
        if how is None:
            return self._normal(method, arguments, token)
        time.sleep(how.get("delay", 0))
        if how.get("after"):
            self._normal(method, arguments, token)
        if how.get("drop"):
            return None
        if how.get("page"):
            return 200, {"Content-Type": "text/html"}, how["page"].encode()
        return self._trouble(how)

    def _trouble(self, how):
        headers = {"Retry-After": str(how["retry_after"])} if "retry_after" in how else {}
        error = how.get("error") or ("ratelimited" if how.get("status") == 429 else "fatal_error")
        return self._json({"ok": False, "error": error}, how.get("status", 200), headers)

    def _normal(self, method, arguments, token):
        if method == "oauth.v2.access":
            return self._json(self._oauth(arguments))
        problem = self._unknown_token(token)
        if problem:
            return self._json({"ok": False, "error": problem})
        known = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "conversations.history": self._history,
            "conversations.replies": self._history,
            "users.info": self._user,
            "views.open": self._open,
            "chat.postEphemeral": self._ephemeral,
        }
        if method not in known:
            return self._json({"ok": False, "error": "unknown_method"})
        if set(arguments) - self._arguments_of(method):
            return self._json({"ok": False, "error": "invalid_arg_name"})
        with self._lock:
            told = known[method](arguments)
        if told.get("error") == "ratelimited":
            return self._json(told, 429, {"Retry-After": "1"})
        return self._json(told, 200, {"X-OAuth-Scopes": self.scopes})

    @staticmethod
    def _arguments_of(method):
        """Return the arguments slack_sdk knows of a method."""
        asked = inspect.signature(getattr(WebClient, method.replace(".", "_")))
        return set(asked.parameters) - {"self", "kwargs"}

    def _unknown_token(self, token):
        if not token:
            return "not_authed"
        return "" if token == self.token else "invalid_auth"

    def _auth_test(self, _arguments):
        names = {"team": self.team["name"], "team_id": self.team["id"], "url": self.root}
        return {"ok": True, **names, "user": "ops", "user_id": "UBOT", "bot_id": "B1"}

    def _channel(self, arguments):
        """Return (channel, error)."""
        wanted = arguments.get("channel", "")
        found = [c for c in self.channels.values() if wanted in (c.id, c.name, f"#{c.name}")]
        if not found:
            return None, "channel_not_found"
        if found[0].is_archived:
            return None, "is_archived"
        return (found[0], "") if found[0].is_member else (None, "not_in_channel")

    def _refusal(self, arguments):
        if not arguments.get("text") and not arguments.get("blocks"):
            return "no_text"
        if len(arguments.get("text", "")) > TEXT_LIMIT:
            return "msg_too_long"
        for block in arguments.get("blocks") or ():
            if block["type"] == "section" and not 0 < len(block["text"]["text"]) <= 3000:
                return "invalid_blocks"
        return ""

    def _post(self, arguments):
        channel, error = self._channel(arguments)
        error = error or self._refusal(arguments)
        if error:
            return {"ok": False, "error": error}
        now = time.monotonic()
        if now - channel.last_post_at < self.gap_seconds:
            return {"ok": False, "error": "ratelimited"}
        channel.last_post_at = now
        self._number += 1
        ts = f"{int(time.time())}.{self._number:06d}"
        keys = ("text", "blocks", "thread_ts", "metadata")
        message = {"type": "message", "ts": ts, "user": "UBOT"}
        message |= {key: arguments[key] for key in keys if arguments.get(key)}
        channel.messages.append(message)
        return {"ok": True, "channel": channel.id, "ts": ts, "message": message}

    def _ephemeral(self, arguments):
        channel, error = self._channel(arguments)
        if error:
            return {"ok": False, "error": error}
        self.whispers.append((channel.id, arguments.get("user"), arguments.get("text")))
        return {"ok": True, "message_ts": "1.1"}

    def _update(self, arguments):
        channel, error = self._channel(arguments)
        error = error or self._refusal(arguments)
        if error:
            return {"ok": False, "error": error}
        for message in channel.messages:
            if message["ts"] == arguments.get("ts"):
                message |= {"text": arguments["text"], "blocks": arguments.get("blocks")}
                message["edits"] = message.get("edits", 0) + 1
                return {"ok": True, "channel": channel.id, "ts": message["ts"], "text": ""}
        return {"ok": False, "error": "message_not_found"}

    def _history(self, arguments):
        channel, error = self._channel(arguments)
        if error:
            return {"ok": False, "error": error}
        thread, oldest = arguments.get("ts"), float(arguments.get("oldest") or 0)
        found = [
            message
            for message in reversed(channel.messages)
            if float(message["ts"]) >= oldest
            and (message.get("thread_ts") == thread or message["ts"] == thread)
        ]
        return {"ok": True, "messages": found[: int(arguments.get("limit") or 100)]}

    def _user(self, arguments):
        user = self.users.get(arguments.get("user"))
        return {"ok": True, "user": user} if user else {"ok": False, "error": "user_not_found"}

    def _open(self, arguments):
        trigger = arguments.get("trigger_id")
        if not trigger or trigger in self.triggers:
            return {
                "ok": False,
                "error": "exchanged_trigger_id" if trigger else "invalid_arguments",
            }
        self.triggers.add(trigger)
        view = {**arguments["view"], "id": f"V{len(self.views)}"}
        self.views.append(view)
        return {"ok": True, "view": view}

    def _oauth(self, arguments):
        if arguments.get("client_id") != CLIENT_ID:
            return {"ok": False, "error": "invalid_client_id"}
        if arguments.get("client_secret") != CLIENT_SECRET:
            return {"ok": False, "error": "bad_client_secret"}
        if arguments.get("code") != CODE:
            return {"ok": False, "error": "invalid_code"}
        bot = {"access_token": self.token, "token_type": "bot", "bot_user_id": "UBOT"}
        return {"ok": True, **bot, "scope": self.scopes, "team": self.team, "app_id": "A1"}

    @staticmethod
    def _json(data, status=200, headers=None):
        kind = {"Content-Type": "application/json; charset=utf-8"}
        return status, {**kind, **(headers or {})}, json.dumps(data).encode()

    def _handler(slack):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path = urlsplit(self.path).path
                if path.startswith("/response/"):
                    slack.responses.append((path.removeprefix("/response/"), json.loads(body)))
                    return self.send(200, {"Content-Type": "text/plain"}, b"ok")
                token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
                method = path.removeprefix("/api/")
                answer = slack.answer(method, self.arguments(body), token)
                if answer is None:
                    self.close_connection = True
                    return None
                slack.answers.append(answer[0])
                return self.send(*answer)

            def arguments(self, body):
                if self.headers.get_content_type() == "application/json":
                    return json.loads(body or b"{}")
                return {key: values[-1] for key, values in parse_qs(body.decode()).items()}

            def send(self, status, headers, body):
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_words):
                pass

        return Handler
