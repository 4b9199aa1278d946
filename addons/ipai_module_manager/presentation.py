"""Small tables and diffs as HTML, for fields that are looked at and never edited."""

from markupsafe import Markup

TABLE = Markup(
    '<table class="table table-sm mb-0"><thead><tr>%s</tr></thead><tbody>%s</tbody></table>'
)
TONES = {"+": "text-success", "-": "text-danger", "@": "text-info"}


def table(heads, rows):
    """Return a table; ``rows``: (tone, cells), the tone is a class of Bootstrap or empty."""
    head = Markup().join(Markup("<th>%s</th>") % text for text in heads)
    body = Markup().join(Markup("<tr>%s</tr>") % _cells(tone, cells) for tone, cells in rows)
    return TABLE % (head, body)


def difference(text):
    """Return a unified diff with what comes in green and what goes in red."""
    lines = [
        Markup('<span class="%s">%s</span>') % (TONES.get(line[:1], ""), line)
        for line in text.splitlines()
    ]
    return Markup('<pre class="mb-0">%s</pre>') % Markup("\n").join(lines)


def _cells(tone, cells):
    return Markup().join(Markup('<td class="%s">%s</td>') % (tone, cell) for cell in cells)
