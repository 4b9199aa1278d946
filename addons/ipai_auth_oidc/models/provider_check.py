"""“Test connection”: goes the way of a sign-in as far as it goes without a person, and says what is wrong."""

import secrets
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qs, urlsplit

from markupsafe import Markup

from odoo import fields, models

from ..adapters import web
from ..protocol import metadata, request, signature
from ..protocol.refusal import Refused

BAD, WARN, GOOD = "bad", "warn", "good"
ICONS = {
    GOOD: "fa-check-circle text-success",
    WARN: "fa-exclamation-triangle text-warning",
    BAD: "fa-times-circle text-danger",
}
MOST_SKEW_SECONDS = 60


class AuthOauthProvider(models.Model):
    _inherit = "auth.oauth.provider"

    check_state = fields.Selection(
        [(GOOD, "Works"), (WARN, "Works, with remarks"), (BAD, "Does not work")],
        string="Last test",
        copy=False,
        readonly=True,
    )
    check_report = fields.Html(copy=False, readonly=True, sanitize=False)
    checked_at = fields.Datetime(string="Tested at", copy=False, readonly=True)

    def action_check(self):
        """Test the connection and write down what was found."""
        self.ensure_one()
        self.check_access("write")
        rows = list(self._check_rows())
        states = [state for state, _text in rows]
        self.sudo().write(  # after the check: the report is the product's own
            {
                "check_state": next(level for level in (BAD, WARN, GOOD) if level in states),
                "check_report": self._check_html(rows),
                "checked_at": fields.Datetime.now(),
            }
        )
        return True

    def _check_html(self, rows):
        line = Markup('<li class="mb-1"><i class="fa fa-fw {} me-1"></i>{}</li>')
        lines = Markup("").join(line.format(ICONS[state], text) for state, text in rows)
        return Markup('<ul class="list-unstyled mb-0">{}</ul>').format(lines)

    def _check_rows(self):
        _ = self.env._
        if not self.client_id:
            yield BAD, _("There is no client ID. Register this Odoo at the provider, copy the ID.")
            return
        try:
            answer = web.call("GET", metadata.location(self.issuer))
            document = answer.json() if answer.status == 200 else {}
            if answer.status != 200:
                raise Refused("bad_answer", f"answer {answer.status}")
            found = metadata.settings(document, self.issuer)
        except Refused as exc:
            yield BAD, self._configuration_text(exc)
            return
        yield GOOD, _("The provider’s configuration can be read and is that of the issuer.")
        yield from self._rows_of_difference(found)
        yield from self._rows_of_complaints(document)
        yield from self._rows_of_clock(answer.date)
        yield from self._rows_of_keys()
        yield from self._rows_of_redirect()
        yield from self._rows_of_secret()

    def _configuration_text(self, refused):
        return self.env._(
            "The configuration cannot be used: %(why)s. Compare the issuer with what the provider shows, "
            "letter by letter, the slash at its end too.",
            why=refused.detail,
        )

    def _rows_of_difference(self, found):
        names = [name for name, value in found.items() if (self[name] or False) != value]
        if names:
            text = self.env._(
                "What is stored differs from it (%s): use “Read configuration”.", ", ".join(names)
            )
            yield (BAD if not self.token_endpoint else WARN), text

    def _rows_of_complaints(self, document):
        _ = self.env._
        texts = {
            "no_code_flow": (
                BAD,
                _("The provider does not offer the authorization code flow, only: %s."),
            ),
            "no_pkce": (
                WARN,
                _("The provider does not announce PKCE with S256, only: %s. It is sent anyway."),
            ),
            "no_method": (
                BAD,
                _("The provider does not take this client proof. Choose one of: %s."),
            ),
            "no_algorithm": (BAD, _("The provider signs with nothing that is safe enough: %s.")),
            "no_scope": (WARN, _("The provider does not know these scopes: %s.")),
        }
        for code, detail in metadata.complaints(
            document, self.auth_method, (self.scope or "").split()
        ):
            state, text = texts[code]
            yield state, text % detail

    def _rows_of_clock(self, date):
        try:
            skew = (
                parsedate_to_datetime(date).replace(tzinfo=None) - fields.Datetime.now()
            ).total_seconds()
        except (TypeError, ValueError):
            return
        if abs(skew) > MOST_SKEW_SECONDS:
            yield (
                WARN,
                self.env._(
                    "The clocks differ by %s s: set this machine’s by NTP.", round(abs(skew))
                ),
            )

    def _rows_of_keys(self):
        _ = self.env._
        try:
            keys = self._fetched_keys()  # not stored: this transaction writes the provider itself
        except Refused as exc:
            yield BAD, _("The provider’s keys cannot be read: %s.", exc.detail)
            return
        usable = {
            key.get("kid")
            for name in signature.ALGORITHMS
            for key in signature.usable_keys(keys, name)
        }
        if usable:
            yield GOOD, _("%s of the provider’s keys can be used.", len(usable))
        else:
            yield (
                BAD,
                _(
                    "None of the provider’s keys can be used: it must sign with RSA, ECDSA or Ed25519."
                ),
            )

    def _rows_of_redirect(self):
        """Ask for a sign-in without a person: a provider that knows our address sends the error there."""
        _ = self.env._
        asked = self._ask(*(secrets.token_urlsafe(32) for _kind in range(3)), -1, self.prompt)
        try:
            url = request.authorization_url(_silent(asked))
            answer = web.call("GET", url, headers={"Accept": "text/html"})
        except Refused as exc:
            yield BAD, _("The sign-in page does not answer: %s.", exc.detail)
            return
        if answer.location.startswith(self.redirect_uri):
            error = parse_qs(urlsplit(answer.location).query).get("error", [""])[0]
            yield GOOD, _("The provider knows the client and our redirect URL (it says %s).", error)
        elif answer.status >= 400:
            yield (
                BAD,
                _(
                    "The provider refuses the question with %(status)s: is the client ID right, and is "
                    "%(url)s registered there as redirect URL, letter by letter?",
                    status=answer.status,
                    url=self.redirect_uri,
                ),
            )

    def _rows_of_secret(self):
        """Offer a code that was never given out: who proved the client hears of the code, others of the client."""
        _ = self.env._
        form = {
            "grant_type": "authorization_code",
            "code": "connection-test",
            "redirect_uri": self.redirect_uri,
            "code_verifier": secrets.token_urlsafe(32),
        }
        try:
            self._ask_for_tokens(form)
        except Refused as exc:
            yield self._secret_row(exc)

    def _secret_row(self, refused):
        _ = self.env._
        if refused.code == "code_refused" and "invalid_grant" in refused.detail:
            return GOOD, _("The provider accepts the client’s proof.")
        if refused.code == "bad_configuration":
            return BAD, _("The provider does not accept the client’s proof: %s.", refused.detail)
        if refused.code == "key_lost":
            return BAD, _("The stored secret cannot be opened: %s. Enter it again.", refused.detail)
        return WARN, _(
            "Whether the client’s proof is right could not be found out: %s.", refused.detail
        )


def _silent(asked):
    return type(asked)(**{**vars(asked), "prompt": "none"})
