"""Wrong passwords and keys, counted by login and place, whatever becomes of the request they came with."""

import hashlib
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from math import ceil

from odoo import api, fields, models
from odoo.exceptions import AccessDenied, AccessError
from odoo.http import request
from odoo.sql_db import db_connect

from ...authentication import api_call
from ...engine import guesses
from ...http.too_many import TooManyGuesses

LONGEST_LOGIN = 100
TRUSTED_DAYS = 90
_inside = ContextVar("ipai_ops_guess", default=False)
# Guesses of other kinds do not wipe each other's count out: a right password is no right code.
PASSWORD, SECOND, RESET, KEY, HOOK = "password", "second factor", "reset", "key", "webhook"
KNOWN = "SELECT bucket, kind, wrong, last_at, right_at FROM ops_guess WHERE bucket IN %s ORDER BY bucket"
BEGIN = (
    "INSERT INTO ops_guess (bucket, kind, wrong) VALUES (%s, %s, 0) ON CONFLICT (bucket) DO NOTHING"
)
KEEP = """UPDATE ops_guess
    SET what = %(what)s, login = %(login)s, place = %(place)s, wrong = %(wrong)s, last_at = %(last_at)s,
        right_at = %(right_at)s, waits_until = %(waits_until)s
    WHERE bucket = %(bucket)s"""


class Guess(models.Model):
    _name = "ops.guess"
    _description = "Wrong logins"
    _product_written = True
    _order = "last_at desc, id desc"
    _rec_name = "login"
    _log_access = False

    bucket = fields.Char(required=True, readonly=True, groups=fields.NO_ACCESS)
    kind = fields.Selection(
        [
            (guesses.PAIR, "One login from one address"),
            (guesses.PLACE, "One address"),
            (guesses.LOGIN, "One login from everywhere"),
        ],
        string="Counted",
        required=True,
        readonly=True,
    )
    what = fields.Char(readonly=True, help="Password, second factor, key, reset or webhook.")
    login = fields.Char(readonly=True)
    place = fields.Char("From", readonly=True, help="An IPv4 address or an IPv6 network.")
    wrong = fields.Integer(readonly=True, aggregator=False)
    last_at = fields.Datetime("Last", readonly=True, index=True)
    right_at = fields.Datetime("Signed in from there", readonly=True)
    waits_until = fields.Datetime(readonly=True)
    is_waiting = fields.Boolean("Locked", compute="_compute_is_waiting")

    _bucket_uniq = models.UniqueIndex("(bucket)")

    @api.depends("waits_until")
    def _compute_is_waiting(self):
        now = fields.Datetime.now()
        for guess in self:
            guess.is_waiting = bool(guess.waits_until and guess.waits_until > now)

    def action_unlock(self):
        """Look at the next attempt at once, and forget the wrong ones."""
        if not self.env.user.has_group("ipai_ops.group_manager"):
            raise AccessError(self.env._("Only managers unlock logins and addresses."))
        for guess in self.sudo():  # the counts are the product's to write
            self.env["ops.audit"]._note("login.unlocked", login=guess.login or "", on=guess.kind)
            guess.write({"wrong": 0, "waits_until": False})

    @contextmanager
    def _counted(self, login, what=PASSWORD, wrong=AccessDenied):
        """Let a password be looked at inside; ``wrong`` is what a wrong one raises.

        Raises TooManyGuesses instead, before anything is looked at, while the login or the address waits.
        A count within another counts nothing, nor does what no caller from outside began.
        """
        if _inside.get() or not (request or api_call.current()):
            yield
            return
        before, mine = self._expect(login, what)
        token = _inside.set(True)
        try:
            yield
        except wrong:
            self._note_waiting(mine, login, what)
            raise
        except Exception:
            self._take_back(before, mine, login, what)
            raise
        else:
            self._take_back(before, mine, login, what, is_right=True)
        finally:
            _inside.reset(token)

    @contextmanager
    def _watched(self, login="", what=KEY, wrong=AccessDenied):
        """Like ``_counted``, for keys: they come with each call, and a right one costs one look only."""
        if _inside.get() or not (request or api_call.current()):
            yield
            return
        self._check(login, what)
        token = _inside.set(True)
        try:
            yield
        except wrong:
            self._count(login, what)
            raise
        finally:
            _inside.reset(token)

    @api.model
    def _check(self, login="", what=KEY):
        """Raise TooManyGuesses while the login or the address waits."""
        with _apart(self.env) as cursor:
            counts = _read(cursor, self._buckets(login, what))
        self._refuse_waiting(counts)

    @api.model
    def _count(self, login="", what=KEY):
        """Count a wrong one that was looked at."""
        with _apart(self.env) as cursor:
            mine = self._one_more(cursor, _locked(cursor, self._buckets(login, what)), login, what)
        self._note_waiting(mine, login, what)

    def _expect(self, login, what):
        """Count the attempt before it is looked at: of many at one moment none goes uncounted."""
        kinds = self._buckets(login, what)
        with _apart(self.env) as cursor:
            self._refuse_waiting(_read(cursor, kinds))  # whoever waits leaves no new rows
            before = _locked(cursor, kinds)
            self._refuse_waiting(before)
            return before, self._one_more(cursor, before, login, what)

    def _one_more(self, cursor, counts, login, what):
        now = fields.Datetime.now()
        counts = {bucket: guesses.one_more(count, now) for bucket, count in counts.items()}
        self._keep(cursor, counts, login, what)
        return counts

    def _take_back(self, before, mine, login, what, is_right=False):
        now = fields.Datetime.now()
        with _apart(self.env) as cursor:
            known = _locked(cursor, self._buckets(login, what))
            for bucket, count in known.items():
                if is_right and count.kind == guesses.PAIR:
                    known[bucket] = guesses.was_right(count, now)
                    continue
                known[bucket] = guesses.taken_back(count, before[bucket], mine[bucket])
            self._keep(cursor, known, login, what)

    def _refuse_waiting(self, counts):
        now = fields.Datetime.now()
        until = guesses.wait_until(counts.values(), now)
        if not until:
            return
        seconds = max(ceil((until - now).total_seconds()), 1)
        text = self.env._(
            "There were too many wrong tries. Wait %s seconds, then try again.", seconds
        )
        refusal = TooManyGuesses(text, seconds)
        api_call.keep_refusal(refusal)
        raise refusal

    def _note_waiting(self, counts, login, what):
        """Write down in the audit trail that from now on the next one waits; once, not at each try."""
        for count in counts.values():
            if guesses.begins_to_wait(count):
                facts = {"login": _shown(login), "what": what, "counted": count.kind}
                self.env["ops.audit"]._note_apart("login.locked", outcome="refused", **facts)

    @staticmethod
    def _buckets(login, what):
        address = api_call.address()
        place, name = guesses.place(address), _shown(login)
        digest = hashlib.sha256(
            (login or "").strip().lower().encode("utf-8", "replace")
        ).hexdigest()
        found = {}
        if name:
            found[f"{what} {digest} {place}"] = guesses.PAIR
        if name and what != HOOK:
            found[f"{what} {digest}"] = guesses.LOGIN
        if what != HOOK and not guesses.is_shared(address):
            found[place] = guesses.PLACE
        return found

    @staticmethod
    def _keep(cursor, counts, login, what):
        now, place = fields.Datetime.now(), guesses.place(api_call.address())
        for bucket, count in counts.items():
            is_place, is_login = count.kind == guesses.PLACE, count.kind == guesses.LOGIN
            row = {"bucket": bucket, "kind": count.kind, "what": "" if is_place else what}
            row |= {"login": "" if is_place else _shown(login), "place": "" if is_login else place}
            row |= {"wrong": count.wrong, "last_at": count.last_at, "right_at": count.right_at}
            cursor.execute(KEEP, row | {"waits_until": guesses.wait_until([count], now)})

    @api.autovacuum
    def _gc_guesses(self):
        """Forget wrong ones after a day, and from where somebody signed in after three months."""
        now = fields.Datetime.now()
        self.env.cr.execute(
            "DELETE FROM ops_guess WHERE last_at < %s AND (right_at IS NULL OR right_at < %s)",
            [now - timedelta(days=1), now - timedelta(days=TRUSTED_DAYS)],
        )
        return self.env.cr.rowcount, 0


@contextmanager
def _apart(env):
    """Yield a cursor of its own: the count stays when the request's transaction is rolled back.

    It sees what others counted meanwhile, which Odoo's usual cursors do not.
    """
    with db_connect(env.cr.dbname).cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        yield cursor


def _locked(cursor, kinds):
    """Return {bucket: Count}, in one order for all, and nobody else's until the transaction ends."""
    for bucket, kind in sorted(kinds.items()):
        cursor.execute(BEGIN, [bucket, kind])
    return _read(cursor, kinds, " FOR UPDATE")


def _read(cursor, kinds, lock=""):
    if not kinds:
        return {}
    known = {bucket: guesses.Count(kind) for bucket, kind in kinds.items()}
    cursor.execute(KNOWN + lock, [tuple(known)])
    return known | {bucket: guesses.Count(*facts) for bucket, *facts in cursor.fetchall()}


def _shown(login):
    return (login or "").strip().replace("\0", "�")[:LONGEST_LOGIN]
