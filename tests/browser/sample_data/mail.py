"""Caught mails and refused hosts of a preview."""

from email.message import EmailMessage

from .common import ago


def quotation(number):
    """A message as Odoo's Sales sends it, with a file."""
    message = EmailMessage()
    message["Subject"] = f"Acme ERP Quotation (Ref S000{number})"
    message["From"] = '"Acme ERP, Mitchell Admin" <sales@acme.example>'
    message["To"] = "Deco Addict <deco.addict82@example.com>"
    message.set_content(f"Hello,\n\nyour quotation S000{number} of $ 1,299.00 is ready for review.")
    message.add_alternative(
        "<div style='font-family:sans-serif;max-width:600px;margin:auto'>"
        "<div style='background:#714b67;color:white;padding:16px;font-size:20px'>Acme ERP</div>"
        f"<p>Hello,</p><p>your quotation <strong>S000{number}</strong> amounting in "
        "<strong>$ 1,299.00</strong> is ready for review.</p>"
        "<a href='https://x.invalid' style='background:#714b67;color:white;padding:8px 16px;"
        "border-radius:4px;text-decoration:none'>View the quotation</a>"
        "<p>Do not hesitate to contact us if you have any questions.</p></div>",
        subtype="html",
    )
    message.add_attachment(b"%PDF-1.4 " * 2400, "application", "pdf", filename="Quotation.pdf")
    return message.as_bytes()


def invitation(login):
    message = EmailMessage()
    message["Subject"] = "Mitchell Admin from Acme ERP invites you to connect to Odoo"
    message["From"] = "sales@acme.example"
    message["To"] = login
    message.set_content("Welcome to Odoo.\n\nAccept the invitation: https://x.invalid/web/signup")
    return message.as_bytes()


def mail_and_hosts(owner):
    """What previews sent, and where they wanted to go."""
    preview = owner.environment_ids.filtered(lambda each: each.name == "feature/pos")
    preview.allowed_hosts = "api.stripe.example  # payments, test mode\n*.carrier.example:443"
    messages = [quotation(42), invitation("marc@example.com"), quotation(43), quotation(44)]
    for place, content in enumerate(messages):
        to = ["deco.addict82@example.com", "archive@acme.example"][: 1 + place % 2]
        envelope = {"from": "bounce@acme.example", "to": to, "at": ago(minutes=7 * place + 1)}
        owner.env["ops.mail"]._catch(preview, str(place), envelope, content)
    for host, port, count, minutes in (
        ("iap.odoo.example", 443, 12, 2),
        ("fonts.cdn.example", 443, 3, 40),
        ("sftp.bank.example", 22, 1, 300),
    ):
        row = {"environment_id": preview.id, "host": host, "port": port, "count": count}
        row |= {"reason": "not listed", "last_at": ago(minutes=minutes)}
        owner.env["ops.egress.refusal"].create(row)
