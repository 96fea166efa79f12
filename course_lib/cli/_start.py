"""A learner's own copies of the notebooks, in work/, which git ignores."""

import os
import shutil
from pathlib import Path

import course_lib

ROOT = Path(course_lib.__file__).parents[1]


def chapters(root: Path) -> dict[str, Path]:
    """Find the notebooks of the book by slug.

    Raises
    ------
    ValueError
        If the package is installed without the checkout that holds the book.
    """
    found = {path.stem: path for path in sorted(root.glob("book/*.ipynb"))}
    if not found or not (root / "_toc.yml").is_file():
        raise ValueError(
            "the notebooks are in the course's checkout, and this package was installed without "
            "it: git clone the course, then pip install -r requirements.txt in its folder"
        )
    return found


def start(slugs: list[str], root: Path) -> list[tuple[Path, bool]]:
    """Copy notebooks into work/ unless they are there; gives each copy, and whether it is new.

    Raises
    ------
    ValueError
        If a slug is unknown.
    """
    known = chapters(root)
    for slug in slugs:
        if slug not in known:
            raise ValueError(f"no chapter {slug!r}; there are {', '.join(known)}")
    (root / "work").mkdir(exist_ok=True)
    return [_copy(known[slug], root / "work" / known[slug].name) for slug in slugs or known]


def _copy(source: Path, target: Path) -> tuple[Path, bool]:
    if target.exists():
        return target, False
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        shutil.copyfile(source, draft)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return target, True
