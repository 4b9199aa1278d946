"""A forge of the test's own: speaks what GitHub, GitLab and Gitea document of pull requests."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "a token of the forge"
NEEDED = {
    "github": {"title", "head", "base"},
    "gitlab": {"title", "source_branch", "target_branch"},
    "gitea": {"title", "head", "base"},
}
AUTHORIZATION = {
    "github": ("Authorization", f"Bearer {TOKEN}"),
    "gitlab": ("PRIVATE-TOKEN", TOKEN),
    "gitea": ("Authorization", f"token {TOKEN}"),
}


class ForgeServer:
    """One repository, ``acme/erp``; ``answer`` overrules what the next requests get."""

    def __init__(self, kind):
        self.kind, self.pulls, self.asked, self.answer = kind, [], [], None
        forge = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.reply(*forge.listed(self.path, self.headers))

            def do_POST(self):
                size = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(size))
                self.reply(*forge.opened(self.path, self.headers, body))

            def reply(self, status, data):
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
        inside = "/projects/acme%2Ferp/merge_requests"
        return "/api" + (inside if self.kind == "gitlab" else "/repos/acme/erp/pulls")

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
        if refused := self.refused(path, headers):
            return refused
        if self.kind == "gitlab":
            wanted = asked["source_branch"][0]
        else:  # Gitea filters by nothing, GitHub by owner and branch
            wanted = asked.get("head", [""])[0].removeprefix("acme:")
        return 200, [pull for pull in self.pulls if not wanted or self.head(pull) == wanted]

    def opened(self, path, headers, body):
        self.asked.append(("POST", unquote(path)))
        if refused := self.refused(path, headers):
            return refused
        missing = NEEDED[self.kind] - set(body)
        if missing:
            return 422, {"message": f"missing: {sorted(missing)}"}
        pull = self.pull(body, len(self.pulls) + 1)
        if any(self.head(known) == self.head(pull) for known in self.pulls):
            return 409, {"message": ["Another open merge request already exists"]}
        self.pulls.append(pull)
        return 201, pull

    def pull(self, body, number):
        if self.kind == "gitlab":
            web = f"https://forge.example.com/acme/erp/-/merge_requests/{number}"
            return {**body, "iid": number, "id": 900 + number, "web_url": web}
        web = f"https://forge.example.com/acme/erp/pulls/{number}"
        places = {side: {"ref": body[side]} for side in ("head", "base")}
        return {**body, **places, "number": number, "html_url": web}

    def head(self, pull):
        return pull["source_branch"] if self.kind == "gitlab" else pull["head"]["ref"]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
