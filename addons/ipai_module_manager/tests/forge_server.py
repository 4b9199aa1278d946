"""A forge of the test's own: what GitHub, GitLab and Gitea publish of pull requests, and nothing else.

``forges/*.json`` hold the shapes, cut out of what is published; each names its source. A request that
does not fit, and an answer of this server that does not, are faults: ``close`` raises them.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import jsonschema

from odoo.tools.misc import file_open

TOKEN = "a token of the forge"
AUTHORIZATION = {
    "github": ("Authorization", f"Bearer {TOKEN}"),
    "gitlab": ("PRIVATE-TOKEN", TOKEN),
    "gitea": ("Authorization", f"token {TOKEN}"),
}


def published(kind):
    """Return the shapes that a forge publishes."""
    with file_open(f"ipai_module_manager/tests/forges/{kind}.json") as file:
        return json.load(file)


class ForgeServer:
    """One repository, ``acme/erp``; ``answer`` overrules what the next requests get."""

    def __init__(self, kind):
        self.kind, self.pulls, self.asked, self.answer = kind, [], [], None
        self.shapes, self.faults = published(kind), []
        forge = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.reply("list", *forge.listed(self.path, self.headers))

            def do_POST(self):
                size = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(size))
                self.reply("create", *forge.opened(self.path, self.headers, body))

            def reply(self, call, status, data):
                forge.check_answer(call, status, data)
                body = (data if isinstance(data, str) else json.dumps(data)).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/api"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def place(self):
        path = self.shapes["path"].replace("{owner}/{repo}", "acme/erp")
        return "/api" + path.replace("{id}", "acme%2Ferp")

    # ----- the shapes -----

    def check(self, what, data, schema):
        for error in jsonschema.Draft202012Validator(schema).iter_errors(data):
            self.faults.append(f"{self.kind}, {what}: {error.message}")

    def check_query(self, asked):
        known = self.shapes["list"]["query"]
        whole = {"type": "object", "properties": known, "additionalProperties": False}
        number = {name for name, shape in known.items() if shape.get("type") == "integer"}
        given = {name: int(v[-1]) if name in number else v[-1] for name, v in asked.items()}
        self.check("query", given, whole)

    def check_answer(self, call, status, data):
        if isinstance(data, str):
            return
        if status in (200, 201):
            shape = self.shapes[call]["answer"]
            rows = {"type": "array", "items": shape}
            self.check(f"{call}: answer", data, rows if call == "list" and status == 200 else shape)
        elif str(status) in self.shapes["refusals"]:
            self.check(f"answer {status}", data, self.shapes["refusals"][str(status)])

    # ----- the calls -----

    def refused(self, path, headers):
        name, value = AUTHORIZATION[self.kind]
        if self.answer:
            return self.answer
        if headers.get(name) != value:
            return 401, {"message": "401 Unauthorized"}
        if urlsplit(path).path != self.place:
            return 404, {"message": "Not Found"}
        return None

    def listed(self, path, headers):
        self.asked.append(("GET", unquote(path)))
        asked = parse_qs(urlsplit(path).query)
        self.check_query(asked)
        if refused := self.refused(path, headers):
            return refused
        wanted = {}
        if self.kind == "gitlab":
            wanted = {name: asked[f"{name}_branch"][0] for name in ("source", "target")}
        if self.kind == "github":
            wanted = {"head": asked["head"][0].removeprefix("acme:"), "base": asked["base"][0]}
        return 200, [pull for pull in self.pulls if wanted.items() <= self.ends(pull).items()]

    def opened(self, path, headers, body):
        self.asked.append(("POST", unquote(path)))
        self.check("body", body, self.shapes["create"]["body"])
        if refused := self.refused(path, headers):
            return refused
        pull = self.pull(body, len(self.pulls) + 1)
        if any(self.ends(known) == self.ends(pull) for known in self.pulls):
            return 409, {"message": "Another open merge request already exists"}
        self.pulls.append(pull)
        return 201, pull

    def pull(self, body, number):
        web = f"https://forge.example.com/acme/erp/pulls/{number}"
        if self.kind == "gitlab":
            own = {"iid": number, "id": 900 + number, "project_id": 3, "web_url": web}
            return {"description": None, "state": "opened", **body, **own}
        ends = {side: {"ref": body[side], "sha": "c" * 40} for side in ("head", "base")}
        own = {"number": number, "id": 900 + number, "html_url": web, "locked": False}
        return {"body": None, "state": "open", **body, **ends, **own}

    def ends(self, pull):
        """Return from where to where a pull request goes."""
        if self.kind == "gitlab":
            return {name: pull[f"{name}_branch"] for name in ("source", "target")}
        return {side: pull[side]["ref"] for side in ("head", "base")}

    def head(self, pull):
        return self.ends(pull)["source" if self.kind == "gitlab" else "head"]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        assert not self.faults, self.faults
