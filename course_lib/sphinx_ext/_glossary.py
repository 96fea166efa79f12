"""Definitions at hand: a link to a glossary term carries the first sentence of its definition.

The sentences of a page's terms stand, hidden, at the page's end; each link names its own with
`aria-describedby`, so a screen reader has it without any script. `static/terms.js` shows it on
hover, on focus and on a first touch.
"""

from __future__ import annotations

import html
import re
from typing import Any

from docutils import nodes

_LINK = re.compile(
    r'<a class="reference internal" href="(?P<page>[^"#]*)#(?P<term>term-[^"]+)"'
    r'(?P<rest>[^>]*)>(?=<span class="xref std std-term">)'
)
# A full stop that ends a sentence: not that of "e.g." or "i.e.", nor of a number.
_SENTENCE_END = re.compile(r"(?<!e\.g)(?<!i\.e)(?<!vs)(?<!Fig)[.!?](?=\s|$)")
_TAGS = {nodes.emphasis: "em", nodes.strong: "strong", nodes.literal: "code"}


def setup(app: Any) -> None:
    """Connect to Sphinx."""
    app.connect("env-get-outdated", outdated_by_glossary)
    app.connect("html-page-context", add_definitions)


def outdated_by_glossary(
    app: Any, env: Any, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """A changed glossary makes every page new: each carries definitions."""
    return sorted(env.found_docs) if glossary_pages(env) & changed else []


def glossary_pages(env: Any) -> set[str]:
    """The pages that define terms."""
    objects = env.get_domain("std").objects
    return {page for (kind, _), (page, _) in objects.items() if kind == "term"}


def add_definitions(
    app: Any, pagename: str, templatename: str, context: dict, doctree: Any
) -> None:
    """Give the page's term links their definitions."""
    body = context.get("body")
    if not body or "std-term" not in body:
        return
    definitions = glossary_definitions(app)
    used: dict[str, str] = {}

    def describe(match: re.Match) -> str:
        term = match["term"]
        if term not in definitions:
            return match[0]
        used[term] = definitions[term]
        return (
            f'<a class="reference internal cl-term" href="{match["page"]}#{term}" '
            f'aria-describedby="definition-of-{term}"{match["rest"]}>'
        )

    body = _LINK.sub(describe, body)
    hidden = "".join(f'<div id="definition-of-{t}">{text}</div>' for t, text in used.items())
    context["body"] = body + (f'<div class="cl-definitions" hidden>{hidden}</div>' if used else "")


def glossary_definitions(app: Any) -> dict[str, str]:
    """Each glossary entry's id and the first sentence of its definition, as HTML."""
    known = getattr(app, "course_lib_definitions", None)
    if known is None:
        known = {}
        for page in sorted(glossary_pages(app.env)):
            for item in app.env.get_doctree(page).findall(nodes.definition_list_item):
                known.update(entry_definitions(item))
        app.course_lib_definitions = known  # once a build
    return known


def entry_definitions(item: nodes.definition_list_item) -> dict[str, str]:
    """The entry's ids (an entry may have several terms), each with its definition."""
    terms = [child for child in item.children if isinstance(child, nodes.term)]
    paragraph = next(iter(item.findall(nodes.paragraph)), None)
    if paragraph is None:
        return {}
    sentence = first_sentence(paragraph)
    return {identifier: sentence for term in terms for identifier in term["ids"]}


def first_sentence(paragraph: nodes.Element) -> str:
    """The paragraph's first sentence as HTML."""
    pieces: list[str] = []
    for child in paragraph.children:
        if isinstance(child, nodes.Text):
            text = child.astext()
            end = _SENTENCE_END.search(text)
            if end:
                pieces.append(html.escape(text[: end.end()]))
                break
            pieces.append(html.escape(text))
        else:
            pieces.append(_as_html(child))
    return re.sub(r"\s+", " ", "".join(pieces)).strip()


def _as_html(node: nodes.Node) -> str:
    """A small part of HTML: enough for a definition, and no links."""
    if isinstance(node, nodes.math):
        maths = html.escape(node.astext(), quote=False)
        return f'<span class="math notranslate nohighlight">\\({maths}\\)</span>'
    if isinstance(node, nodes.Text):
        return html.escape(node.astext())
    inner = "".join(_as_html(child) for child in node.children)
    tag = _TAGS.get(type(node))
    return f"<{tag}>{inner}</{tag}>" if tag else inner
