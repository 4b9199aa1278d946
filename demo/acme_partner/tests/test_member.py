from odoo.tests import TransactionCase


class TestMember(TransactionCase):
    def test_a_person_becomes_a_member_once(self):
        ada = self.env["res.partner"].create({"firstname": "Ada", "lastname": "Lovelace"})
        ada.action_make_member()
        number = ada.member_number
        ada.action_make_member()
        self.assertRegex(number, r"^ACME-\d{5}$")
        self.assertEqual(ada.member_number, number)

    def test_a_company_is_no_member(self):
        company = self.env["res.partner"].create({"name": "Acme", "is_company": True})
        company.action_make_member()
        self.assertFalse(company.member_number)

    def test_first_and_last_name_make_the_name(self):
        ada = self.env["res.partner"].create({"firstname": "Ada", "lastname": "Lovelace"})
        self.assertEqual(set(ada.name.split()), {"Ada", "Lovelace"})
