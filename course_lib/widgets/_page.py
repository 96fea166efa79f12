"""A page of its own for a few widgets: to share one, to test one, to time one."""

from __future__ import annotations

import html

from course_lib.widgets._html import Html, asset


def standalone_page(*parts: Html | str, title: str = "Scrubber") -> str:
    """Return a complete HTML page that works from a disk, with nothing beside it.

    Parameters
    ----------
    parts
        Widgets made in static mode (see `course_lib.widgets`), or pieces of HTML.
    title
        The page's title.

    Returns
    -------
    The page's text; write it to a file with encoding utf-8.

    Raises
    ------
    ValueError
        If a part is a live widget, which a page without a kernel cannot show.
    """
    for part in parts:
        if not isinstance(part, Html | str):
            raise ValueError(
                f"a page shows static widgets, got a live {type(part).__name__}; set the "
                "environment variable COURSE_LIB_STATIC_WIDGETS=1 before you make it"
            )
    body = "".join(part if isinstance(part, str) else part.html for part in parts)
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>body {{ font-family: system-ui, sans-serif; }}"
        f"{asset('widgets.css')}</style></head>"
        f"<body><main>{body}</main><script>{asset('scrubber.js')}</script></body></html>"
    )
