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
    """Copy chapters and their exercises into work/ unless they are there.

    Gives each copy, and whether it is new: ``work/noise.ipynb``, and
    ``work/exercises/noise/noise.ipynb`` where the chapter has an exercise.

    Raises
    ------
    ValueError
        If a slug is unknown.
    """
    known = chapters(root)
    for slug in slugs:
        if slug not in known:
            raise ValueError(f"no chapter {slug!r}; there are {', '.join(known)}")
    copies = []
    for slug in slugs or known:
        copies.append(_copy(known[slug], root / "work" / known[slug].name))
        exercise = root / "exercises" / slug / f"{slug}.ipynb"
        if exercise.is_file():
            copies.append(_copy(exercise, root / "work" / exercise.relative_to(root)))
    return copies


def _copy(source: Path, target: Path) -> tuple[Path, bool]:
    if target.exists():
        return target, False
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        shutil.copyfile(source, draft)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return target, True
