"""A provider that people sign in with. Fields here; what it does is in the other ``provider_*`` files."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..protocol import addresses
from ..protocol.refusal import Refused

METHODS = [
    ("client_secret_basic", "Secret in a header (basic)"),
    ("client_secret_post", "Secret in the form (post)"),
    ("private_key_jwt", "Signed with a key of this Odoo (private_key_jwt)"),
    ("none", "None: public client with PKCE alone"),
]
POLICIES = [
    ("linked", "Only people who are linked already"),
    ("link", "Link existing users by verified e-mail"),
    ("create", "Link existing users, create the others"),
]
ADDRESSES = ("auth_endpoint", "token_endpoint", "jwks_uri", "validation_endpoint")


class AuthOauthProvider(models.Model):
    _name = "auth.oauth.provider"
    _inherit = ["auth.oauth.provider", "ipai.oidc.product.written"]

    # Core demands both; OpenID Connect fills them by discovery, and userinfo is optional there.
    auth_endpoint = fields.Char(required=False)
    validation_endpoint = fields.Char(required=False)
    body = fields.Char(default="Sign in")

    flow = fields.Selection(
        [("oauth", "OAuth 2 (Odoo’s own)"), ("oidc", "OpenID Connect")],
        default="oauth",
        required=True,
        help="OpenID Connect: authorization code with PKCE, state, nonce and a checked ID token.",
    )
    issuer = fields.Char(help="The address the provider calls itself by, exactly.")
    token_endpoint = fields.Char(string="Token URL")
    jwks_uri = fields.Char(string="Keys URL")
    end_session_endpoint = fields.Char(string="Log-out URL")
    is_issuer_promised = fields.Boolean(
        string="Names itself in answers", help="RFC 9207: an answer without the issuer is refused."
    )
    auth_method = fields.Selection(
        METHODS, string="Client proof", default="client_secret_basic", required=True
    )
    redirect_uri = fields.Char(string="Redirect URL", compute="_compute_our_addresses")
    backchannel_uri = fields.Char(
        string="Back-channel log-out URL", compute="_compute_our_addresses"
    )
    keys_uri = fields.Char(string="Our keys URL", compute="_compute_our_addresses")
    signed_out_uri = fields.Char(string="After log-out URL", compute="_compute_our_addresses")

    account_policy = fields.Selection(POLICIES, default="link", required=True)
    verified_claim = fields.Char(
        default="email_verified",
        help="The claim that says whether the provider vouches for the e-mail.",
    )
    domains = fields.Char(
        string="Google domains",
        help="Hosted domains (claim hd) that may sign in, with spaces between.",
    )
    new_user_group_ids = fields.Many2many(
        "res.groups",
        "ipai_oidc_provider_group_rel",
        string="Groups of new users",
        default=lambda self: self.env.ref("base.group_user", raise_if_not_found=False),
    )
    groups_claim = fields.Char(
        help="The claim that lists groups or roles, such as realm_access.roles."
    )
    group_rule_ids = fields.One2many("ipai.oidc.group.rule", "provider_id", string="Group rules")
    is_group_needed = fields.Boolean(
        string="Only these groups", help="Who matches no rule may not sign in."
    )

    acr_values = fields.Char(
        string="Required classes (acr)", help="One of these must be proven; with spaces between."
    )
    amr_values = fields.Char(
        string="Required methods (amr)",
        help="One of these must have been used; with spaces between.",
    )
    second_factor_values = fields.Char(
        string="Proves a second factor",
        default="mfa",
        help="Values of acr or amr that stand for a second factor: Odoo then asks for none of its own.",
    )
    max_age_minutes = fields.Integer(
        string="Sign-in not older than (min)", help="0: any session at the provider will do."
    )
    prompt = fields.Char(help="Such as select_account or login; empty: the provider decides.")
    can_ask_again = fields.Boolean(
        string="Asks again when told",
        default=True,
        help="Before what is dangerous Odoo has the provider ask the person again (prompt=login), and "
        "believes it only with the time of it (auth_time).",
    )
    leeway_seconds = fields.Integer(string="Clock difference allowed (s)", default=60)
    trusted_audiences = fields.Char(help="Other clients that may be named in a token for us.")

    session_hours = fields.Integer(
        default=12, help="After this many hours the person signs in again. 0: no limit."
    )
    check_minutes = fields.Integer(
        string="Ask whether still valid every (min)",
        help="With a refresh token: a person who was closed at the provider is out. 0: do not ask.",
    )
    api_key_days = fields.Integer(
        string="API keys live on (days)",
        default=30,
        help="A person’s API keys work this long after the last sign-in. 0: no limit.",
    )
    is_logout_sent = fields.Boolean(
        string="Log out at the provider, too", default=True, help="RP-initiated log-out."
    )
    session_count = fields.Integer(compute="_compute_session_count")

    @api.depends("flow")
    def _compute_our_addresses(self):
        base = self.browse().get_base_url().rstrip("/")
        for provider in self:
            name = provider.id or 0
            provider.redirect_uri = f"{base}/auth_oidc/callback/{name}"
            provider.backchannel_uri = f"{base}/auth_oidc/backchannel/{name}"
            provider.keys_uri = f"{base}/auth_oidc/keys/{name}"
            provider.signed_out_uri = f"{base}/auth_oidc/signed_out"

    def _compute_session_count(self):
        domain = [("provider_id", "in", self.ids), ("ended_at", "=", False)]
        groups = self.env["ipai.oidc.session"]._read_group(domain, ["provider_id"], ["__count"])
        counts = {provider.id: count for provider, count in groups}
        for provider in self:
            provider.session_count = counts.get(provider.id, 0)

    @api.constrains("flow", "enabled", "issuer", "client_id", *ADDRESSES)
    def _check_is_complete(self):
        for provider in self.filtered("enabled"):
            oidc = ("issuer", "client_id", "auth_endpoint", "token_endpoint", "jwks_uri")
            needed = oidc if provider.flow == "oidc" else ("auth_endpoint", "validation_endpoint")
            missing = [provider._fields[name].string for name in needed if not provider[name]]
            if missing:
                raise ValidationError(
                    self.env._(
                        "%(name)s cannot be allowed yet: %(fields)s is missing. Use “Read configuration”.",
                        name=provider.name,
                        fields=", ".join(missing),
                    )
                )
        self.env["res.config.settings"]._check_emergency_account()

    @api.constrains("flow", "issuer", "end_session_endpoint", *ADDRESSES)
    def _check_addresses(self):
        for provider in self.filtered(lambda one: one.flow == "oidc"):
            for name in ("issuer", "end_session_endpoint", *ADDRESSES):
                provider._check_address(name)

    def _check_address(self, name):
        if not self[name]:
            return
        try:
            addresses.endpoint(self[name], self._fields[name].string)
        except Refused as exc:
            raise ValidationError(exc.detail) from exc

    @api.constrains(
        "check_minutes", "session_hours", "max_age_minutes", "leeway_seconds", "api_key_days"
    )
    def _check_numbers(self):
        names = (
            "check_minutes",
            "session_hours",
            "max_age_minutes",
            "leeway_seconds",
            "api_key_days",
        )
        for provider in self:
            if min(provider[name] for name in names) < 0 or provider.leeway_seconds > 300:
                raise ValidationError(
                    self.env._("Times cannot be negative, nor the clock difference above 300 s.")
                )

    @api.ondelete(at_uninstall=False)
    def _keep_the_last_one(self):
        """Where single sign-on is the only way in, its last provider stays."""
        self.enabled = False

    def _words(self, name):
        """Return a field of words with spaces between as a tuple."""
        return tuple((self[name] or "").split())

    def _lower_words(self, name):
        return tuple(word.lower() for word in self._words(name))

    def action_view_sessions(self):
        """Open the sessions that began with this provider."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("ipai_auth_oidc.session_action")
        return action | {"domain": [("provider_id", "=", self.id)]}
