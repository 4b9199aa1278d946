"""A caught message in its parts: strangers wrote it, so nothing of it runs and nothing is fetched."""

from odoo.http import Controller, content_disposition, request, route

# The page is a sandbox of its own even when it is opened outside the frame on the message's form.
SANDBOX = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:"
EMPTY = "<!doctype html><p>This message has no HTML part.</p>"


class MailController(Controller):
    @route("/ipai/mail/<int:mail_id>/html", type="http", auth="user", methods=["GET"])
    def html(self, mail_id):
        """Show the HTML part."""
        html = _mail(mail_id)._message().html or EMPTY
        headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": SANDBOX}
        return _answer(html.encode(), headers)

    @route("/ipai/mail/<int:mail_id>/raw", type="http", auth="user", methods=["GET"])
    def raw(self, mail_id):
        """Send the message as it was sent, for a mail program."""
        return _download(f"mail-{mail_id}.eml", _mail(mail_id)._bytes())

    @route("/ipai/mail/<int:mail_id>/file/<int:place>", type="http", auth="user", methods=["GET"])
    def file(self, mail_id, place):
        """Send one of the attached files."""
        parts = _mail(mail_id)._message().parts
        part = next((part for part in parts if part.place == place), None)
        if part is None:
            raise request.not_found(request.env._("The message has no such file."))
        return _download(part.name, part.content)


def _mail(mail_id):
    """Return the message, to those who may read it."""
    mail = request.env["ops.mail"].search([("id", "=", mail_id)])
    if not mail:
        raise request.not_found(request.env._("There is no mail %s.", mail_id))
    mail.environment_id._check_may("logs")
    return mail


def _download(name, content):
    return _answer(
        content,
        {
            "Content-Type": "application/octet-stream",
            "Content-Disposition": content_disposition(name),
        },
    )


def _answer(content, headers):
    always = {
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
        "Referrer-Policy": "no-referrer",
    }
    return request.make_response(content, headers=list({**always, **headers}.items()))
