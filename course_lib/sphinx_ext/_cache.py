"""A cache of executed notebooks that knows the library they ran with.

jupyter-cache compares notebooks only: after an edit of `course_lib` it would still show what the
old library printed. So the cache has a folder for each state of the library:
`_build/.jupyter_cache/<hash>`. Sphinx reads the notebooks again when that path changes.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[1]
# What changes pages but not what a notebook computes.
NOT_HASHED = ("sphinx_ext", "teaching", "cli", "widgets/static")
DISTRIBUTIONS = ("torch", "torchvision", "numpy", "scipy", "matplotlib", "scikit-image")
KEPT = 3  # states of the library whose outputs stay, so that changing branches stays quick


def setup(app: Any) -> None:
    """Connect to Sphinx; before myst-nb reads its configuration in `builder-inited`."""
    app.connect("config-inited", choose_cache)


def choose_cache(app: Any, config: Any) -> None:
    """Set the cache's folder, and remove those of long ago."""
    base = Path(config.nb_execution_cache_path or Path(app.outdir).parent / ".jupyter_cache")
    cache = base.resolve() / library_hash()
    cache.mkdir(parents=True, exist_ok=True)
    os.utime(cache)  # used now
    remove_old(base)
    config.nb_execution_cache_path = str(cache)


def library_hash(package: Path = PACKAGE, distributions: Iterable[str] = DISTRIBUTIONS) -> str:
    """Return 16 hex digits that change with the package's files or the libraries under it."""
    digest = hashlib.sha256(platform.python_version().encode())
    for name in distributions:
        digest.update(f"{name}=={_version(name)}\n".encode())
    for path in sorted(p for p in package.rglob("*") if p.is_file()):
        name = path.relative_to(package).as_posix()
        ours = not name.startswith(NOT_HASHED) and "__pycache__" not in name
        if ours:
            digest.update(f"{name}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def remove_old(base: Path, kept: int = KEPT) -> None:
    """Keep the `kept` folders used last."""
    folders = [p for p in base.iterdir() if p.is_dir() and _is_hash(p.name)]
    for folder in sorted(folders, key=lambda p: p.stat().st_mtime, reverse=True)[kept:]:
        shutil.rmtree(folder, ignore_errors=True)


def _is_hash(name: str) -> bool:
    return len(name) == 16 and set(name) <= set("0123456789abcdef")


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "none"
