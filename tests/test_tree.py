"""What stands in the repository agrees with itself: pages, pins, package data, addresses."""

import ast
import re
import sys
import tomllib
from fnmatch import fnmatch
from importlib.metadata import packages_distributions
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
EXTRAS = PYPROJECT["project"]["optional-dependencies"]
NOTEBOOKS = [
    path
    for folder in ("book", "exercises", "solutions")
    for path in sorted(ROOT.glob(f"{folder}/**/*.ipynb"))
    if ".ipynb_checkpoints" not in path.parts
]

# Hosts that machines may be sent to: torch's CPU-only build, launch buttons, licences, names of
# XML vocabularies, which nobody fetches.
KNOWN_HOSTS = {
    "127.0.0.1",
    "colab.research.google.com",
    "creativecommons.org",
    "download.pytorch.org",
    "github.com",
    "mybinder.org",
    "www.w3.org",
}


def requirements(name: str) -> dict[str, list[Requirement]]:
    """The pins of a requirements file by package, options and `-e .` left out."""
    found: dict[str, list[Requirement]] = {}
    for line in (ROOT / name).read_text("utf-8").splitlines():
        if line and not line.startswith(("#", "-", " ")):
            pin = Requirement(line)
            found.setdefault(canonical(pin.name), []).append(pin)
    return found


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def toc_files(entry: dict) -> list[str]:
    """Every page named in `_toc.yml`, the root first."""
    files = [entry[key] for key in ("root", "file") if key in entry]
    for part in entry.get("parts", []) + entry.get("chapters", []) + entry.get("sections", []):
        files += toc_files(part)
    return files


def test_toc_names_every_page_once():
    listed = toc_files(yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8")))
    pages = [*NOTEBOOKS, *ROOT.glob("book/**/*.md")]
    assert sorted(listed) == sorted(p.relative_to(ROOT).with_suffix("").as_posix() for p in pages)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_notebook_is_stripped(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs"), "run `make format`"
        assert cell.get("execution_count") is None, "run `make format`"
    assert notebook.metadata.kernelspec.name == "python3"
    assert "widgets" not in notebook.metadata


def test_requirements_are_exact_and_end_with_the_package():
    lines = (ROOT / "requirements.txt").read_text("utf-8").split()
    assert lines[-2:] == ["-e", "."]
    extras = [Requirement(line) for extra in EXTRAS.values() for line in extra]
    named = [pin for pins in requirements("requirements.txt").values() for pin in pins]
    for pin in named + extras:
        assert str(pin.specifier).startswith("=="), f"{pin} is not pinned exactly"


def test_requirements_pin_what_the_package_needs():
    pinned = requirements("requirements.txt")
    for name in PYPROJECT["project"]["dependencies"]:
        assert canonical(name) in pinned


def imported_packages(sources: list[str]) -> set[str]:
    """The packages on the registry whose modules the sources import, ours left out."""
    names = set()
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module.partition(".")[0])
    outside = names - sys.stdlib_module_names - {"course_lib"}
    providers = packages_distributions()
    return {canonical(providers[name][0]) for name in outside}


def test_package_needs_what_it_imports():
    # What only a book build imports comes with jupyter-book, and what grading does with its extra.
    needed = {canonical(name) for name in PYPROJECT["project"]["dependencies"]}
    files = {p for p in ROOT.glob("course_lib/**/*.py") if "sphinx_ext" not in p.parts}
    instructors = {p for p in files if p.name == "release.py" or "grading" in p.parts}
    assert imported_packages([p.read_text("utf-8") for p in files - instructors]) <= needed
    for_instructors = imported_packages([p.read_text("utf-8") for p in instructors])
    assert for_instructors <= requirements("requirements.lock").keys()


def test_notebooks_import_what_is_pinned():
    cells = [
        re.sub(r"^(\s*)[%!].*$", r"\1pass", cell.source, flags=re.MULTILINE)
        for path in NOTEBOOKS
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code"
    ]
    assert imported_packages(cells) <= requirements("requirements.txt").keys()


def test_lock_holds_every_pin_of_ours():
    lock = requirements("requirements.lock")
    for name, (pin,) in requirements("requirements.txt").items():
        assert [locked.specifier for locked in lock[name]] == [pin.specifier], "run `make lock`"
    for extra in EXTRAS.values():
        for line in extra:
            pin = Requirement(line)
            assert lock[canonical(pin.name)][0].specifier == pin.specifier, "run `make lock`"


def test_lock_serves_every_platform():
    for name, pins in requirements("requirements.lock").items():
        for pin in pins:
            if name.startswith(("nvidia-", "cuda-")) or name == "triton":
                assert pin.marker and not pin.marker.evaluate({"sys_platform": "darwin"}), pin
                assert not pin.marker.evaluate({"sys_platform": "win32"}), pin


def test_package_data_is_in_the_wheel():
    patterns = PYPROJECT["tool"]["setuptools"]["package-data"]["course_lib"]
    names = [pattern.removeprefix("**/") for pattern in patterns]
    for path in ROOT.glob("course_lib/**/*"):
        if path.is_file() and path.suffix not in {".py", ".pyc"}:
            assert any(fnmatch(path.name, name) for name in names), f"{path} would be left out"


def machine_read_files() -> list[Path]:
    """What a machine follows: settings, scripts and everything a page loads."""
    top = "Makefile requirements.txt requirements.lock pyproject.toml _config.yml _toc.yml .ci/run"
    files = [ROOT / name for name in top.split()]
    for pattern in (".github/**/*.yml", "binder/*", "course_lib/**/*.js", "course_lib/**/*.css"):
        files += ROOT.glob(pattern)
    return files


@pytest.mark.parametrize("path", machine_read_files(), ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_machine_is_sent_to_an_unknown_host(path):
    text = re.sub(r"^\s*# .*$", "", path.read_text("utf-8"), flags=re.MULTILINE)
    hosts = set(re.findall(r"\w+://(\w[\w.-]*)", text))
    assert hosts <= KNOWN_HOSTS
    assert "file:///" not in text
