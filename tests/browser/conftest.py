"""A real browser, the built book, and a page that notes everything that goes wrong on it.

The system's Chromium is used, driven by Playwright. Every request to another host is refused and
written down, so these tests need no network and prove that the book needs none.
"""

from __future__ import annotations

import functools
import http.server
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
DESKTOP, PHONE = 1280, 390
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LOCAL_SCHEMES = ("file", "data", "blob", "about")


@dataclass
class Notes:
    """What went wrong on a page."""

    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def browser():
    """The system's Chromium."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if not program:
        pytest.skip("needs Chromium: sudo apt-get install chromium")
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="needs Playwright: pip install -e '.[dev]'"
    )
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=program, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def new_page(browser):
    """Make a page in a fresh window, with its notes in `page.notes`; the caller closes it."""

    def new(*, width=DESKTOP, theme="light", motion="no-preference", touch=False):
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=theme,
            reduced_motion=motion,
            has_touch=touch,
        )
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.notes = watch(page)
        return page

    return new


@pytest.fixture
def open_page(new_page):
    """Open an address in a fresh window, which closes when the test ends."""
    opened = []

    def open_(url, **settings):
        page = new_page(**settings)
        opened.append(page)
        page.goto(url, wait_until="load")
        settle(page)
        return page

    yield open_
    for page in opened:
        page.context.close()


def watch(page) -> Notes:
    """Refuse requests to other hosts, and write down what goes wrong."""
    notes = Notes()

    def guard(route):
        url = urlsplit(route.request.url)
        if url.scheme in LOCAL_SCHEMES or url.hostname in ("127.0.0.1", "localhost"):
            route.continue_()
        else:
            notes.outside.append(route.request.url)
            route.abort()

    def on_console(message):
        if message.type == "error":
            notes.errors.append(message.text)

    page.route("**/*", guard)
    page.on("console", on_console)
    page.on("pageerror", lambda error: notes.errors.append(str(error)))
    return notes


def settle(page) -> None:
    """Wait until maths and fonts are in place."""
    page.evaluate(
        "async () => { if (window.MathJax?.startup) await MathJax.startup.promise;"
        " await document.fonts.ready; }"
    )


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """The built book; built here if it is absent or older than its sources."""
    filelock = pytest.importorskip("filelock")
    with filelock.FileLock(tmp_path_factory.getbasetemp().parent / "book.lock"):
        if _is_stale():
            program = "from jupyter_book.cli.main import main; main()"
            command = [sys.executable, "-c", program, "build", ".", "-W", "--keep-going"]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return SITE


def _is_stale() -> bool:
    index = SITE / "searchindex.js"  # the last file that a build writes
    if not index.exists():
        return True
    sources = [ROOT / "_config.yml", ROOT / "_toc.yml"]
    for folder in (ROOT / "book", ROOT / "course_lib"):
        sources += [p for p in folder.rglob("*") if p.is_file() and not _is_cache(p)]
    return max(p.stat().st_mtime for p in sources) > index.stat().st_mtime


def _is_cache(path: Path) -> bool:
    return bool({"__pycache__", ".ipynb_checkpoints"} & set(path.parts))


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def served(site):
    """The book's address on this machine."""
    handler = functools.partial(_Quiet, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
