"""What scrubbers and quizzes share: which host we are in, and small pieces of HTML."""

from __future__ import annotations

import html
import os
import re
from functools import cache
from pathlib import Path

STATIC_MODE = "COURSE_LIB_STATIC_WIDGETS"  # set by course_lib.sphinx_ext during a book build
_STATIC = Path(__file__).parent / "static"


def is_static() -> bool:
    """Whether widgets become plain HTML (a book build) rather than live ones (a notebook)."""
    return os.environ.get(STATIC_MODE, "") not in ("", "0")


@cache
def asset(name: str) -> str:
    """The text of a file in `static/`."""
    return (_STATIC / name).read_text(encoding="utf-8")


def inline(text: str) -> str:
    """Escape `text` for HTML, then give it `code`, *emphasis* and $maths$."""
    parts = re.split(r"(`[^`]+`|\$[^$]+\$)", text)
    return "".join(_inline_part(part) for part in parts)


def _inline_part(part: str) -> str:
    if len(part) > 2 and part[0] == part[-1] == "`":
        return f"<code>{html.escape(part[1:-1])}</code>"
    if len(part) > 2 and part[0] == part[-1] == "$":
        # The classes make MathJax look here in a published page; JupyterLab looks everywhere.
        maths = html.escape(part[1:-1], quote=False)
        return f'<span class="math notranslate nohighlight">\\({maths}\\)</span>'
    return re.sub(r"\*([^*\s][^*]*)\*", r"<em>\1</em>", html.escape(part))


class Html:
    """Something to display that is HTML and nothing else: no widget state, no plain text."""

    def __init__(self, markup: str):
        self.html = markup

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/html": self.html}
