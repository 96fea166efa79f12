"""The package stays small, and its imports run one way."""

import re
import tomllib
from pathlib import Path

from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).parents[1]
DIFFUSION_CORE = 6  # layers 0 to 5
MAX_CORE_LINES = 1_500


def layers_from_below() -> list[list[str]]:
    """The contract of pyproject.toml: module names a layer, the lowest layer first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (contract,) = settings["tool"]["importlinter"]["contracts"]
    return [re.findall(r"\w+", layer) for layer in reversed(contract["layers"])]


def python_lines(module: str) -> int:
    """Count the lines that there are to read: code, docstrings and comments, not blank lines."""
    path = ROOT / "course_lib" / module
    files = path.rglob("*.py") if path.is_dir() else [path.with_suffix(".py")]
    texts = [file.read_text("utf-8") for file in files if file.exists()]
    return sum(bool(line.strip()) for text in texts for line in text.splitlines())


def test_imports_run_downwards():
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml")) == EXIT_STATUS_SUCCESS


def test_contract_starts_from_arrays():
    assert layers_from_below()[0] == ["arrays"]
    assert "sampling" in layers_from_below()[DIFFUSION_CORE - 1]


def test_diffusion_core_can_be_read_in_an_evening():
    core = [module for layer in layers_from_below()[:DIFFUSION_CORE] for module in layer]
    lines = {module: python_lines(module) for module in core if module != "datasets"}
    assert sum(lines.values()) <= MAX_CORE_LINES, lines
    assert lines["forward_process"] > 20, "the count found no code"
