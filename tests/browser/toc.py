"""The book's pages, as `_toc.yml` lists them."""

from __future__ import annotations

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def pages() -> list[str]:
    """Addresses relative to the site, in reading order."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    return [f"{name}.html" for name in _files(toc)]


def _files(entry) -> list[str]:
    if isinstance(entry, list):
        return [name for item in entry for name in _files(item)]
    names = [entry[key] for key in ("root", "file") if key in entry]
    for key in ("parts", "chapters", "sections", "subtrees", "entries"):
        names += _files(entry.get(key, []))
    return names
