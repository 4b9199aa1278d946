"""Where passwords, codes and keys are looked at: each is counted, and takes as long for unknown people."""

from contextlib import contextmanager

from odoo import api, models
from odoo.exceptions import AccessDenied

from .guess import PASSWORD, RESET, SECOND

CODES = ("totp", "totp_mail")
GUESSED = ("password", "webauthn", *CODES)
LARGEST_ID = 2**31 - 1
LONGEST_PASSWORD = 4096  # what the hash takes at most
HASHED = "SELECT 1 FROM res_users WHERE id = %s AND password LIKE '$%%'"


class Users(models.Model):
    _inherit = "res.users"

    @contextmanager
    def _guesses_of_login_counted(self, credential, user_agent_env):
        """Count who guesses. Whom another system vouches for is not asked for a password."""
        if credential.get("type") not in GUESSED:
            yield
            return
        with self.env["ops.guess"]._counted(str(credential.get("login") or "")):
            if not _is_readable(credential):
                raise AccessDenied
            try:
                yield
            except AccessDenied:
                self._take_as_long(credential, user_agent_env)
                raise

    @contextmanager
    def _guesses_of_credential_counted(self, credential):
        kind = credential.get("type")
        if kind not in GUESSED:
            yield
            return
        what = SECOND if kind in CODES else PASSWORD
        login = (self[:1] or self.env.user).sudo().login  # who waits for the code is nobody yet
        with self.env["ops.guess"]._counted(login, what):
            if not _is_readable(credential):
                raise AccessDenied
            yield

    def _on_login_cooldown(self, failures, previous):
        """Odoo's own count, of each process and each address alone, gives way to ours."""
        return False

    @api.model
    def _check_is_somebody(self, uid, passwd):
        """Answer a number that is nobody's like a wrong password."""
        user = self.browse(uid if 0 < uid <= LARGEST_ID else 0).exists()
        if not user.active:
            with self.env["ops.guess"]._counted(f"#{uid}"):
                self._burn(passwd)
                raise AccessDenied

    def _take_as_long(self, credential, user_agent_env):
        """Work as long for a login whose password was not looked at as for one whose was."""
        if credential.get("type") != "password":
            return
        domain = self._get_login_domain(credential["login"])
        user = self.sudo().search(domain, order=self._get_login_order(), limit=1)
        is_interactive = (user_agent_env or {}).get("interactive", True)
        self.env.cr.execute(HASHED, [user.id or 0])
        was_asked = user and (is_interactive or not user._rpc_api_keys_only())
        if not (self.env.cr.fetchone() and was_asked):
            self._burn(credential.get("password"))

    def _burn(self, password):
        self._crypt_context().hash(str(password or "")[:LONGEST_PASSWORD])

    def reset_password(self, login):
        """Say the same of each login: who has no account here gets no message, and is not told so."""
        guesses = self.env["ops.guess"]
        guesses._check(login, RESET)
        guesses._count(login, RESET)
        users = self.search(self._get_login_domain(login)) or self.search(
            self._get_email_domain(login)
        )
        return users.action_reset_password() if len(users) == 1 else None


def _is_readable(credential):
    """Say whether login and password are texts that PostgreSQL and the hash can take."""
    given = [credential.get(name) for name in ("login", "password")]
    texts = [text for text in given if text is not None]
    if any(not isinstance(text, str) or "\0" in text for text in texts):
        return False
    return len(credential.get("password") or "") <= LONGEST_PASSWORD
