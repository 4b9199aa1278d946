"""The index page of a folder of pictures: every screen, as wide as a desk and as a phone."""

import html

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Screens</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem; background: #f5f6f7 }}
section {{ display: flex; gap: 1.5rem; align-items: flex-start; margin-bottom: 2.5rem }}
img {{ max-height: 28rem; max-width: 100%; border: 1px solid #d0d4d9; background: #fff }}
h2 {{ font-size: 1.05rem; margin: 0 0 .5rem }}
</style></head><body><h1>{count} screens</h1>
{sections}
</body></html>
"""


def write_index(folder, sizes):
    """Write ``index.html`` for the pictures ``<screen>-<size>.png`` of a folder; return the screens' names."""
    screens = sorted(
        {
            picture.stem.removesuffix(f"-{size}")
            for size in sizes
            for picture in folder.glob(f"*-{size}.png")
        }
    )
    sections = "\n".join(_section(folder, screen, sizes) for screen in screens)
    page = PAGE.format(count=len(screens), sections=sections)
    (folder / "index.html").write_text(page, encoding="utf-8")
    return screens


def _section(folder, screen, sizes):
    title = html.escape(screen.replace("-", " ").capitalize())
    images = "".join(
        f'<a href="{screen}-{size}.png"><img loading="lazy" src="{screen}-{size}.png" alt="{title}, {size}"></a>'
        for size in sizes
        if (folder / f"{screen}-{size}.png").exists()
    )
    return f"<h2>{title}</h2><section>{images}</section>"
