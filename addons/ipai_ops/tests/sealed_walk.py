"""What every addon's walk over its secrets does: a write-only secret never follows a changed address.

A test names its ``addon``, a ``person`` with every right, for each model a record (``records``), and for each
address a value it may be changed to (``moved``). Secrets and addresses come from the registry.
"""

from contextlib import closing
from functools import partial

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tools import mute_logger

KEPT, GIVEN = "kept-before", "given-anew"
OPEN = "ipai_ops.open_networks"
INSIDE = (
    *("127.0.0.1", "127.1", "2130706433", "0x7f000001", "localhost", "registry", "0.0.0.0"),
    *("169.254.169.254", "10.0.0.5", "172.18.0.1", "192.168.1.1", "100.64.0.1", "forge.internal"),
    *("[::1]", "[fd00::1]", "[fe80::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]"),
)
QUIET = ("odoo.sql_db", "odoo.addons.base.models.ir_rule")


class SealedWalk:
    addon = ""
    person = None
    records = {}
    moved = {}
    closed_without_a_secret = frozenset()  # fields that nobody reads, and that hold nothing to send
    tried = 0

    def secrets(self):
        """Return (model, name, field) of each encrypted field this addon brings."""
        return [
            (model, name, field)
            for model in sorted(self.env.registry)
            for name, field in self.env[model]._fields.items()
            if not self.env[model]._abstract and self.addon in (field._modules or ())
            if self.is_encrypted(field)
        ]

    @staticmethod
    def is_encrypted(field):
        return getattr(field.compute, "__qualname__", "").startswith("encrypted.")

    def check_every_secret_says_where_it_goes(self):
        for model, name, field in self.secrets():
            with self.subTest(model=model, secret=name):
                self.assertNotEqual(bool(field.goes_to), bool(field.goes_nowhere))
                self.assertEqual(set(field.goes_to) - set(self.env[model]._fields), set())
                self.assertEqual(field.groups, fields.NO_ACCESS)

    def check_nothing_closed_is_kept_in_the_clear(self):
        """What nobody may read is encrypted, or the test says that it is no secret to send."""
        closed = {
            (model, name)
            for model in self.env.registry
            for name, field in self.env[model]._fields.items()
            if not self.env[model]._abstract and self.addon in (field._modules or ())
            if field.store and field.groups == fields.NO_ACCESS and name != "sealed_values"
        }
        self.assertEqual(closed, set(self.closed_without_a_secret))

    def check_no_secret_follows_its_address(self):
        for model, name, field in self.secrets():
            for address in field.goes_to:
                for way, attempt in self.ways(model, address).items():
                    with self.subTest(model=model, secret=name, address=address, way=way):
                        self.check_is_gone(model, name, address, attempt)
                with self.subTest(model=model, secret=name, address=address):
                    self.check_a_new_one_stays(model, name, address)
                    self.check_the_form_says_so(model, name, address)

    def ways(self, model, address):
        value = self.moved[model, address]
        record = self.records[model].with_user(self.person)
        column = f"{address}/.id" if record._fields[address].type == "many2one" else address
        row = [[str(record.id), str(value)]]
        return {
            "write": lambda: record.write({address: value}),
            "web_save": lambda: record.web_save({address: value}, {}),
            "import": lambda: record.load([".id", column], row),
        }

    def keep(self, model, name):
        self.records[model].sudo().write({name: KEPT})

    @mute_logger(*QUIET)
    def check_is_gone(self, model, name, address, attempt):
        self.tried += 1
        record = self.records[model].sudo()
        with closing(self.env.cr.savepoint()):
            self.keep(model, name)
            before = record[address]
            attempt()
            self.env.invalidate_all()
            self.assertNotEqual(record[address], before)
            self.assertNotEqual(record[name], KEPT)

    def check_a_new_one_stays(self, model, name, address):
        given = f"new_{name}"
        if given not in self.env[model]._fields:
            return
        record = self.records[model].with_user(self.person)
        with closing(self.env.cr.savepoint()):
            self.keep(model, name)
            record.write({address: self.moved[model, address], given: GIVEN})
            self.assertEqual(record.sudo()[name], GIVEN)
        with closing(self.env.cr.savepoint()):
            self.keep(model, name)
            same = record.read([address], load="")[0][address]
            record.write({address: same})
            self.assertEqual(record.sudo()[name], KEPT)

    def check_the_form_says_so(self, model, name, address):
        record = self.records[model].with_user(self.person)
        ask = partial(record.onchange, {address: self.moved[model, address]}, [address])
        with closing(self.env.cr.savepoint()):
            self.keep(model, name)
            found = ask({address: {}})
            self.assertIn("enter it again", found["warning"]["message"])
            self.assertEqual(record.sudo()[name], KEPT)

    def check_no_address_leads_inside(self, model, name, form, **more):
        """Try every way to write an address of this machine or network; an operator opens one."""
        record = self.records[model].with_user(self.person)
        settings = self.env["ir.config_parameter"].sudo()
        settings.set_param(OPEN, "")
        for host in INSIDE:
            refused = self.assertRaisesRegex(ValidationError, "is inside")
            with self.subTest(model=model, field=name, host=host), refused, self.env.cr.savepoint():
                record.write({name: form.format(host), **more})
        settings.set_param(OPEN, "10.0.0.0/24")
        with closing(self.env.cr.savepoint()):
            record.write({name: form.format("10.0.0.5"), **more})
            self.assertIn("10.0.0.5", record[name])
