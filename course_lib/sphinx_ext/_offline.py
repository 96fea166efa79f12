"""Pages that ask no other host: what they need is copied into the site, the rest is left out."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from sphinx.errors import ExtensionError
from sphinx.util.fileutil import copy_asset

MATHJAX_SCRIPT = "mathjax/tex-chtml.js"
# Of MathJax's 24 MB, what a page can ask for: the script, its fonts, TeX packages that load on
# first use, the menu, and the English speech that the menu can turn on.
MATHJAX_PARTS = (
    "tex-chtml.js",
    "output/chtml/fonts/woff-v2",
    "input/tex/extensions",
    "ui",
    "a11y",
    "sre/mathmaps/base.json",
    "sre/mathmaps/en.json",
)
# The search page fetches each result's page for a summary, which browsers refuse from file://.
NO_SUMMARY_FROM_DISK = (
    'if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;'
)
STATIC_FOLDERS = (
    Path(__file__).parents[1] / "widgets" / "static",
    Path(__file__).parent / "static",
)


def setup(app: Any) -> None:
    """Connect to Sphinx."""
    drop_thebe(app)
    app.connect("config-inited", use_local_assets)
    app.connect("builder-inited", add_static_folders)
    app.connect("html-page-context", add_mathjax_for_raw_html)
    app.connect("build-finished", copy_mathjax)
    app.add_css_file("widgets.css")
    app.add_css_file("page.css")
    app.add_css_file("terms.css")
    app.add_js_file(None, body=NO_SUMMARY_FROM_DISK)
    app.add_js_file("scrubber.js", loading_method="defer")
    app.add_js_file("terms.js", loading_method="defer")


def drop_thebe(app: Any) -> None:
    """Disconnect sphinx-thebe, which Jupyter Book always loads.

    Its script throws "THEBE_JS_URL has already been declared" on every page, and names a CDN.
    """
    for listeners in app.events.listeners.values():
        for listener in list(listeners):
            if getattr(listener.handler, "__module__", "") == "sphinx_thebe":
                listeners.remove(listener)
    # Its style sheet is registered before we are asked.
    styles = app.registry.css_files
    styles[:] = [style for style in styles if style[0] != "sphinx-thebe.css"]


def use_local_assets(app: Any, config: Any) -> None:
    """Point the configuration at the site's own files."""
    config.mathjax_path = MATHJAX_SCRIPT
    config.nb_ipywidgets_js = {}  # RequireJS and the widget manager, from two CDNs
    # Without a mode the theme logs an error on every page; "auto" is what it falls back to.
    config.html_context.setdefault("default_mode", "auto")
    # Widgets are static HTML here: never choose a widget view, which would show nothing.
    config.nb_mime_priority_overrides = [
        *config.nb_mime_priority_overrides,
        ("*", "application/vnd.jupyter.widget-view+json", None),
    ]


def add_static_folders(app: Any) -> None:
    """Have Sphinx copy our scripts and styles into `_static`."""
    app.config.html_static_path.extend(str(folder) for folder in STATIC_FOLDERS)


def add_mathjax_for_raw_html(
    app: Any, pagename: str, templatename: str, context: dict, doctree: Any
) -> None:
    """Load MathJax where maths stands only in raw HTML (a quiz), which Sphinx does not see."""
    if 'class="math' not in context.get("body", "") or not doctree:
        return
    if not app.env.get_domain("math").has_equations(pagename):
        import json

        config = json.dumps(app.config.mathjax3_config or {})
        app.add_js_file(None, body=f"window.MathJax = {config}")
        app.add_js_file(MATHJAX_SCRIPT, loading_method="defer")


def mathjax_folder() -> Path:
    """Where PyPI's sphinx-mathjax-offline keeps MathJax.

    Raises
    ------
    ExtensionError
        If it is not installed.
    """
    spec = importlib.util.find_spec("sphinx-mathjax-offline")
    if spec is None or spec.origin is None:
        raise ExtensionError(
            "MathJax is not here: pip install sphinx-mathjax-offline (requirements.txt pins it)"
        )
    return Path(spec.origin).parent / "static" / "mathjax"


def copy_mathjax(app: Any, exception: Exception | None) -> None:
    """Copy the parts of MathJax that a page can ask for."""
    if exception or app.builder.format != "html":
        return
    source, target = mathjax_folder(), Path(app.outdir) / "_static" / "mathjax"
    for part in MATHJAX_PARTS:
        place = target / part
        folder = place if (source / part).is_dir() else place.parent
        folder.mkdir(parents=True, exist_ok=True)
        copy_asset(str(source / part), str(folder))
