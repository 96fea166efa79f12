"""The scrubber live: a real JupyterLab runs a notebook, and its slider moves the picture."""

import io
import json
import os
import subprocess
import sys
import time
import urllib.request

import nbformat
import numpy as np
import pytest
from PIL import Image

SOURCE = """
import torch
from course_lib.widgets import quiz, scrub
ramp = torch.linspace(-1, 1, 20).view(20, 1, 1, 1).expand(20, 1, 28, 28)
slider = scrub(ramp, [f"grey {i}" for i in range(20)], label="brightness", alt="A grey square")
slider
"""
QUIZ = """quiz("How many?", [("one", True, "It is $1$."), ("two", False, "It is not.")])"""
READ = """print("index", slider.index)"""
MOVE = """slider.index = 7"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A JupyterLab of its own on this machine; the address of its page with the notebook."""
    folder = tmp_path_factory.mktemp("lab")
    cells = [nbformat.v4.new_code_cell(source) for source in (SOURCE, QUIZ, READ, MOVE)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, folder / "live.ipynb")
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--expose-app-in-browser"]
    command += ["--ip=127.0.0.1", "--port=0", "--allow-root", "--IdentityProvider.token="]
    homes = {f"JUPYTER_{x}_DIR": str(folder / x) for x in ("CONFIG", "DATA", "RUNTIME")}
    quiet = {k: v for k, v in os.environ.items() if k != "COURSE_LIB_STATIC_WIDGETS"}
    with open(folder / "log.txt", "w") as log:
        server = subprocess.Popen(
            command, cwd=folder, env=quiet | homes, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        yield _address(folder, server) + "lab/tree/live.ipynb"
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(5)


def _address(folder, server):
    """Wait for the server to answer, and return its address."""
    for _ in range(240):
        assert server.poll() is None, (folder / "log.txt").read_text()
        for path in (folder / "RUNTIME").glob("jpserver-*.json"):
            url = json.loads(path.read_text())["url"].replace("localhost", "127.0.0.1")
            try:
                urllib.request.urlopen(url + "api", timeout=5)
                return url
            except OSError:
                pass
        time.sleep(0.25)
    raise AssertionError("JupyterLab did not start:\n" + (folder / "log.txt").read_text())


def run_cell(page, index):
    """Choose a cell and run it, with JupyterLab's own commands."""
    page.evaluate(
        """async index => {
            const notebook = jupyterapp.shell.currentWidget.content;
            notebook.deselectAll();
            notebook.activeCellIndex = index;
            await jupyterapp.commands.execute('notebook:run-cell');
        }""",
        index,
    )


def brightness(page):
    shot = page.locator(".cl-scrub-frame").screenshot(animations="disabled")
    return np.asarray(Image.open(io.BytesIO(shot)).convert("L"))[20:-20, 20:-20].mean()


def test_the_live_scrubber_moves_and_python_sees_it(lab, new_page):
    page = new_page()
    page.set_default_timeout(60_000)
    page.goto(lab)
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    page.wait_for_function(
        "jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
    )
    run_cell(page, 0)
    slider = page.locator(".cl-scrub input[type=range]")
    slider.wait_for()
    assert brightness(page) < 5

    slider.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert page.locator(".cl-scrub-live").inner_text() == "grey 1"
    page.keyboard.press("End")
    assert page.locator(".cl-scrub-live").inner_text() == "grey 19"
    assert brightness(page) > 250

    run_cell(page, 2)  # Python reads where the slider is
    page.get_by_text("index 19").wait_for()
    run_cell(page, 3)  # and moves it
    page.locator(".cl-scrub-live", has_text="grey 7").wait_for()
    assert brightness(page) == pytest.approx(255 * 7 / 19, abs=2)

    run_cell(page, 1)
    page.locator(".cl-quiz label", has_text="one").click()
    page.locator(".cl-quiz summary:visible").focus()
    page.keyboard.press("Enter")
    verdict = page.locator(".cl-quiz-verdict:visible")
    verdict.wait_for()
    assert "Right." in verdict.inner_text()
    assert page.url.rstrip("/").endswith("live.ipynb")
    folder = os.environ.get("COURSE_LIB_SCREENSHOTS")
    if folder:
        page.screenshot(path=os.path.join(folder, "jupyterlab.png"))
    page.context.close()
