"""With CI set, a skipped test fails; without, it is skipped."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PASSES = "def test_passes(): pass\n"
ONE_SKIPS = PASSES + "import pytest\ndef test_skips(): pytest.skip('no browser')\n"
ALL_SKIP = "import pytest\npytest.skip('no browser', allow_module_level=True)\n"


def run_pytest(folder: Path, source: str, ci: str) -> subprocess.CompletedProcess:
    shutil.copy2(ROOT / "conftest.py", folder)
    (folder / "test_passes.py").write_text(PASSES, "utf-8")
    (folder / "test_source.py").write_text(source, "utf-8")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."],
        cwd=folder,
        env={**os.environ, "CI": ci},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("source", [ONE_SKIPS, ALL_SKIP])
def test_ci_turns_a_skip_into_a_failure(tmp_path, source):
    assert run_pytest(tmp_path, source, ci="").returncode == pytest.ExitCode.OK
    answer = run_pytest(tmp_path, source, ci="1")
    assert answer.returncode != pytest.ExitCode.OK
    assert "no browser" in answer.stdout


def test_ci_lets_passing_tests_pass(tmp_path):
    assert run_pytest(tmp_path, PASSES, ci="1").returncode == pytest.ExitCode.OK
