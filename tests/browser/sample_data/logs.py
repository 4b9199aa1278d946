"""What runs say in their logs."""

from datetime import timedelta


def say(record, name, lines, begun):
    """Write a step's log; a line is a text or (level, text)."""
    step = record.step_ids.filtered(lambda each: each.name == name)
    pairs = [("info", line) if isinstance(line, str) else line for line in lines]
    record._ingest(
        step,
        [
            {
                "seq": number,
                "attempt": 1,
                "at": (begun + timedelta(milliseconds=37 * number)).isoformat() + "Z",
                "level": level,
                "message": message,
            }
            for number, (level, message) in enumerate(pairs, 1)
        ],
    )


def build_lines():
    yield "\x1b[1mFetching\x1b[0m github.com/acme/erp at 3f2c1a7"
    for name in ("acme_sale", "acme_stock", "acme_report", "partner_firstname", "web_responsive"):
        yield f"Found addon \x1b[36m{name}\x1b[0m"
    for number in range(1, 9):
        yield f"\x1b[34m#{number}\x1b[0m [{number}/8] RUN pip install --require-hashes \x1b[2mcached\x1b[0m"
    yield ("warning", "acme_report: no tests folder, nothing to run for it")
    yield "\x1b[32mPushed\x1b[0m 127.0.0.1:15000/ipai/acme@sha256:9b01ce4f… 412 MB"


def update_lines(count=60):
    for number in range(count):
        yield f"odoo.modules.loading: Loading module module_{number:03d} ({number + 1}/{count})"
        if number % 20 == 13:
            yield ("warning", f"odoo.fields: Field x_{number} has unknown parameter 'track'")


TRACEBACK = """Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/odoo/tools/convert.py", line 532, in _tag_root
    f(rec)
  File "/usr/lib/python3/dist-packages/odoo/tools/convert.py", line 397, in _tag_record
    record = model._load_records([data], self.mode == 'update')
odoo.tools.convert.ParseError: while parsing /ipai/addons/acme_report/views/report.xml:14
Field "amount_untaxed_vat" does not exist in model "account.move"

View error context:
{'file': '/ipai/addons/acme_report/views/report.xml', 'line': 14, 'xmlid': 'report_view_form'}"""


def failure_lines():
    yield from update_lines(24)
    yield ("error", f"odoo.tools.convert: {TRACEBACK}")
    yield ("error", "odoo.modules.registry: Failed to load registry")


def fill(record, begun):
    say(record, "build", build_lines(), begun)
    say(record, "update", update_lines(), begun + timedelta(seconds=42))
