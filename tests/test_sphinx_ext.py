"""The Sphinx extension: a small book is built with it once, and its parts are tried alone."""

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from docutils import nodes
from docutils.core import publish_doctree

from course_lib.sphinx_ext import (
    _cache,
    _glossary,
    _offline,
    repair_reference_list,
    set_kernel_environment,
)

CONFIG = """
title: A small book
only_build_toc_files: true
execute: {execute_notebooks: cache, stderr_output: warn}
sphinx: {extra_extensions: [course_lib.sphinx_ext]}
"""
TOC = """
format: jb-book
root: start
chapters:
- file: live
- file: glossary
"""
GLOSSARY = """# Glossary

:::{glossary}
spread
  How far values, e.g. $x_t$, lie from their *mean*. It is never negative.

static
static noise
  Noise without end
:::
"""
CODE = """
import os
import torch
from course_lib.widgets import quiz, scrub
print("threads", os.environ["OMP_NUM_THREADS"])
scrub(torch.zeros(3, 1, 4, 4), ["a", "b", "c"], label="step", alt="Nothing")
"""
QUIZ = 'quiz("Is $1 < 2$?", [("yes", True, "It is."), ("no", False, "It is not.")])'


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """Build a small book with warnings as errors; its folder and what the build printed."""
    root = tmp_path_factory.mktemp("book")
    (root / "_config.yml").write_text(CONFIG)
    (root / "_toc.yml").write_text(TOC)
    (root / "start.md").write_text("# Start\n\nThe {term}`spread` of {term}`static`: see $x$.\n")
    (root / "glossary.md").write_text(GLOSSARY)
    hidden = root / ".pytest_cache"
    hidden.mkdir()
    (hidden / "README.md").write_text("# Not a page\n")
    cells = [nbformat.v4.new_markdown_cell("# Live"), *map(nbformat.v4.new_code_cell, (CODE, QUIZ))]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, root / "live.ipynb")
    return root, build(root)


def build(root):
    program = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", program, "build", ".", "-W", "--keep-going"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def page(root, name):
    return (root / "_build" / "html" / f"{name}.html").read_text(encoding="utf-8")


def test_scrubber_is_plain_html_in_the_page(book):
    text = page(book[0], "live")
    assert text.count('class="cl-scrub"') == 1
    assert text.count('class="cl-quiz"') == 1
    assert "vnd.jupyter.widget" not in text
    assert "scrubber.js" in text and "widgets.css" in text
    for name in ("scrubber.js", "widgets.css", "terms.js", "terms.css"):
        assert (book[0] / "_build/html/_static" / name).stat().st_size > 0


def test_kernels_inherit_the_number_of_threads(book):
    assert "threads 1" in page(book[0], "live")  # what the environment says wins


@pytest.mark.parametrize("name", ["start", "live", "glossary", "search", "genindex"])
def test_no_page_asks_another_host(book, name):
    text = re.sub(r"base64,[A-Za-z0-9+/=]+", "", page(book[0], name))
    loads = re.findall(r"<(?:script|link|img|iframe)\b[^>]*>", text)
    assert [tag for tag in loads if re.search(r'(?:src|href)="(?:https?:)?//', tag)] == []
    for unwanted in ("thebe", "require.min.js", "unpkg.com", "jsdelivr", "cloudflare"):
        assert unwanted not in text.lower().replace("data-cfasync", ""), unwanted


def test_maths_comes_from_the_site_and_only_its_useful_part(book):
    static = book[0] / "_build/html/_static/mathjax"
    assert (static / "tex-chtml.js").exists()
    assert (static / "output/chtml/fonts/woff-v2/MathJax_Main-Regular.woff").exists()
    size = sum(path.stat().st_size for path in static.rglob("*") if path.is_file())
    assert size < 5e6
    for name in ("start", "live"):  # in `live`, maths stands in the quiz alone
        assert page(book[0], name).count("mathjax/tex-chtml.js") == 1


def test_hidden_folders_are_not_published(book):
    assert not list((book[0] / "_build/html").rglob("README.html"))


def test_term_links_carry_the_first_sentence(book):
    text = page(book[0], "start")
    link = re.search(
        r'<a class="reference internal cl-term" href="glossary.html#term-spread"[^>]*>', text
    )
    assert 'aria-describedby="definition-of-term-spread"' in link[0]
    definition = re.search(r'<div id="definition-of-term-spread">(.*?)</div>', text)[1]
    maths = r'<span class="math notranslate nohighlight">\(x_t\)</span>'
    assert definition == f"How far values, e.g. {maths}, lie from their <em>mean</em>."
    assert '<div id="definition-of-term-static">Noise without end</div>' in text


def test_notebooks_run_once_and_then_come_from_the_librarys_cache(book):
    root, printed = book
    (folder,) = (root / "_build" / ".jupyter_cache").iterdir()
    assert re.fullmatch("[0-9a-f]{16}", folder.name)
    assert list(folder.rglob("base.ipynb"))
    assert "Executing notebook" in printed
    (root / "live.ipynb").write_text((root / "live.ipynb").read_text() + "\n")  # read it again
    assert "Using cached notebook" in (printed := build(root))
    assert "Executing notebook" not in printed


# ---------- the cache's key ----------


@pytest.fixture
def package(tmp_path):
    root = tmp_path / "course_lib"
    for name in ("a.py", "data.npz", "widgets/b.py", "widgets/static/c.js", "__pycache__/a.pyc"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("one")
    return root


def test_the_cache_has_a_folder_for_this_library(tmp_path):
    config = SimpleNamespace(nb_execution_cache_path="")
    _cache.choose_cache(SimpleNamespace(outdir=tmp_path / "html"), config)
    folder = Path(config.nb_execution_cache_path)
    assert folder.parent == tmp_path.resolve() / ".jupyter_cache"
    assert folder.is_dir() and folder.name == _cache.library_hash()


@pytest.mark.parametrize(
    ("name", "matters"),
    [
        ("a.py", True),
        ("data.npz", True),
        ("widgets/b.py", True),
        ("new.py", True),
        ("widgets/static/c.js", False),
        ("__pycache__/a.pyc", False),
    ],
)
def test_the_hash_changes_with_what_a_notebook_can_see(package, name, matters):
    before = _cache.library_hash(package)
    assert before == _cache.library_hash(package)
    (package / name).write_text("two")
    assert (_cache.library_hash(package) != before) is matters


def test_the_hash_changes_with_a_renamed_file_and_other_libraries(package):
    before = _cache.library_hash(package)
    assert _cache.library_hash(package, ["no-such-library"]) != before
    (package / "a.py").rename(package / "z.py")
    assert _cache.library_hash(package) != before


def test_only_the_caches_used_last_stay(tmp_path):
    for age in range(5):
        folder = tmp_path / f"{age:016x}"
        folder.mkdir()
        os.utime(folder, (1000 - age, 1000 - age))
    (tmp_path / "something else").mkdir()
    _cache.remove_old(tmp_path, kept=2)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [f"{0:016x}", f"{1:016x}", "something else"]


# ---------- definitions ----------


def paragraph(text):
    return next(iter(publish_doctree(text).findall(nodes.paragraph)))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("One. Two.", "One."),
        ("No end", "No end"),
        ("A value such as 0.5 or i.e. less. Then more.", "A value such as 0.5 or i.e. less."),
        ("Is it? Yes.", "Is it?"),
        ("Ends in *emphasis*. More.", "Ends in <em>emphasis</em>."),
        ("``a < b`` and **c**\nline. More.", "<code>a &lt; b</code> and <strong>c</strong> line."),
        (r"Maths :math:`a < b`. More.", None),
    ],
)
def test_first_sentence(text, sentence):
    if sentence is None:
        sentence = r'Maths <span class="math notranslate nohighlight">\(a &lt; b\)</span>.'
    assert _glossary.first_sentence(paragraph(text)) == sentence


def test_a_changed_glossary_makes_every_page_new():
    domain = SimpleNamespace(objects={("term", "x"): ("glossary", "term-x")})
    env = SimpleNamespace(get_domain=lambda name: domain, found_docs={"a", "b", "glossary"})
    outdated = _glossary.outdated_by_glossary
    assert outdated(None, env, set(), {"a"}, set()) == []
    assert outdated(None, env, set(), {"glossary"}, set()) == ["a", "b", "glossary"]


# ---------- the environment ----------


def test_environment_for_kernels(monkeypatch):
    for name in ("COURSE_LIB_STATIC_WIDGETS", "OMP_NUM_THREADS", "PYDEVD_DISABLE_FILE_VALIDATION"):
        monkeypatch.setenv(name, "")  # so that it is put back afterwards
        monkeypatch.delenv(name)
    monkeypatch.setenv("MKL_NUM_THREADS", "7")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "7")
    set_kernel_environment()
    assert os.environ["COURSE_LIB_STATIC_WIDGETS"] == "1"
    assert os.environ["OMP_NUM_THREADS"] == str(min(2, os.cpu_count()))
    assert os.environ["MKL_NUM_THREADS"] == "7"


def test_mathjax_is_found_whole():
    folder = _offline.mathjax_folder()
    assert all((folder / part).exists() for part in _offline.MATHJAX_PARTS)


def test_the_books_configuration_lists_the_extension():
    text = (Path(__file__).parents[1] / "_config.yml").read_text(encoding="utf-8")
    assert "- course_lib.sphinx_ext" in text
    assert "sphinx-mathjax-offline" not in text, "it copies all of MathJax's 24 MB"


def test_a_list_of_references_has_list_items():
    body = '<div role="list" class="citation-list"><div role="doc-biblioentry">One</div></div>'
    context = {"body": body}
    repair_reference_list(None, "references", "page.html", context, None)
    assert context["body"] == body.replace("doc-biblioentry", "listitem")
