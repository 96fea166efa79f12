"""The Makefile, tried in a copy of its own: nothing is installed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def make(tmp_path):
    """Run `make` in a copy that holds the Makefile and what its targets depend on."""
    if not shutil.which("make"):
        pytest.skip("make is missing: apt-get install make")
    for name in ("Makefile", "requirements.txt", "requirements.lock", "pyproject.toml"):
        shutil.copy2(ROOT / name, tmp_path)
    for name in ("_config.yml", "_toc.yml", "book/intro.ipynb", "course_lib/__init__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    def run(*arguments: str) -> subprocess.CompletedProcess:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
        return subprocess.run(
            ["make", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )

    run.folder = tmp_path
    return run


def pretend_installed(folder: Path) -> None:
    """A `.venv` whose programs only write down how they were called."""
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("python", "course-lib", "jupyter", "jupyter-book"):
        script = f'#!/bin/sh\nmkdir -p work\necho "{name} $*" >> "{folder}/calls"\n'
        (programs / name).write_text(script, "utf-8")
        (programs / name).chmod(0o755)


def calls(folder: Path) -> list[str]:
    path = folder / "calls"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return lines


def test_help_is_the_default_and_names_every_target(make):
    shown = make().stdout
    assert shown == make("help").stdout
    for target in ("book", "lab", "test", "serve", "lint", "bench", "lock", "clean"):
        assert re.search(rf"^  make {target} +\w", shown, re.MULTILINE), target


@pytest.mark.parametrize("python", ["false", "no-such-python"])
def test_old_or_missing_python_is_told_in_one_line(make, python):
    answer = make(f"PYTHON={python}", "book")
    told = [line for line in answer.stderr.splitlines() if not line.startswith("make")]
    assert answer.returncode == 2
    assert len(told) == 1
    assert "Python 3.11 or newer" in told[0]
    assert python in told[0]
    assert not (make.folder / ".venv").exists()


def test_a_venv_is_made_where_there_is_none(make):
    answer = make(f"PYTHON={sys.executable}", ".venv/bin/python")
    assert answer.returncode == 0, answer.stderr
    assert (make.folder / ".venv" / "bin" / "python").exists()


def test_installing_uses_the_lock_and_happens_once(make):
    pretend_installed(make.folder)
    make(".venv/.installed")
    assert [c for c in calls(make.folder) if "-c requirements.lock -r requirements.txt" in c]
    make(".venv/.installed")
    assert calls(make.folder) == []
    os.utime(make.folder / "requirements.lock", (2**31, 2**31))
    make(".venv/.installed")
    assert calls(make.folder), "a changed lock must install again"


def test_book_is_built_with_warnings_as_errors_and_its_place_is_told(make):
    pretend_installed(make.folder)
    (make.folder / "_build" / "html").mkdir(parents=True)
    answer = make("book")
    assert "jupyter-book build . -W --keep-going" in calls(make.folder)
    assert f"{make.folder}/_build/html/index.html" in answer.stdout
    make("book")
    assert calls(make.folder) == [], "an unchanged book must not be built again"


def test_lab_copies_what_is_missing_then_opens_the_copies(make):
    pretend_installed(make.folder)
    make("lab")
    assert calls(make.folder)[-2:] == ["course-lib start --all", "jupyter lab"]
