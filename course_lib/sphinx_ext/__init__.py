"""What a book build needs: a Sphinx extension, listed in `_config.yml`.

    sphinx:
      extra_extensions:
        - course_lib.sphinx_ext

It does five things:

- notebooks run with static widgets and a fixed number of threads (below);
- hidden folders are not published, and lists of references are lists (below);
- `_offline`: every page gets what it needs from the site itself, maths included, and no script
  that fails or asks another host;
- `_cache`: notebooks run again when `course_lib` has changed, and only then;
- `_glossary`: a link to a glossary term shows the term's definition on hover and on focus.
"""

from __future__ import annotations

import os
from typing import Any

from course_lib.sphinx_ext import _cache, _glossary, _offline
from course_lib.widgets import STATIC_MODE


def setup(app: Any) -> dict[str, bool]:
    """Connect the parts to Sphinx."""
    set_kernel_environment()
    app.connect("config-inited", ignore_hidden_folders)
    app.connect("html-page-context", repair_reference_list)
    _offline.setup(app)
    _cache.setup(app)
    _glossary.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def ignore_hidden_folders(app: Any, config: Any) -> None:
    """Publish nothing from hidden folders.

    `only_build_toc_files` looks past them, so a `.pytest_cache/README.md` would be a page.
    """
    config.exclude_patterns.extend([".*", "**/.*"])


def repair_reference_list(
    app: Any, pagename: str, templatename: str, context: dict, doctree: Any
) -> None:
    """Make the items of a list of references list items.

    Sphinx gives them a role that ARIA has dropped, so screen readers hear a list without items.
    """
    if "citation-list" in context.get("body", ""):
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def set_kernel_environment() -> None:
    """Set what the kernels of this build inherit.

    Threads default to two, the machine the course is written for: results then do not depend on
    the number of cores. Variables that are set already win, except the static mode.
    """
    os.environ[STATIC_MODE] = "1"
    threads = str(min(2, os.cpu_count() or 1))
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, threads)
    # A kernel's debugger warns on stderr that Python's own modules are frozen; nobody debugs here.
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
