"""How long the scrubber takes to answer a key, in headless Chromium, on a page from the disk."""

import os
import shutil
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from course_lib.widgets import STATIC_MODE, scrub, standalone_page

FRAMES, SIDE = 50, 128
PRESSES = 100
KEYS = ("ArrowRight", "ArrowRight", "PageUp", "ArrowLeft", "End", "Home")  # each moves the frame
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def find_chromium() -> str | None:
    """The system's Chromium, or None."""
    return shutil.which("chromium") or shutil.which("google-chrome")


def handler_times(report: Callable[[str, float], None], presses: int = PRESSES) -> dict:
    """Press keys on a scrubber of 50 colour frames of 128 x 128.

    Returns
    -------
    dict
        ``widget_ms_median`` and ``widget_ms_max``, from the key event to the frame in its place,
        in milliseconds, and ``widget_presses``.
    """
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        path = Path(folder) / "scrubber.html"
        path.write_text(_page(), encoding="utf-8")
        browser = driver.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = browser.new_page()
        page.goto(path.as_uri())
        page.locator("input[type=range]").focus()
        for i in range(presses):
            page.keyboard.press(KEYS[i % len(KEYS)])
            report("pressing keys", (i + 1) / presses)
        times = page.evaluate(
            "performance.getEntriesByName('course-lib.scrub').map(entry => entry.duration)"
        )
        browser.close()
    if len(times) != presses:
        raise ValueError(f"expected {presses} moves of the scrubber, but it made {len(times)}")
    return {
        "widget_ms_median": statistics.median(times),
        "widget_ms_max": max(times),
        "widget_presses": presses,
    }


def _page() -> str:
    frames = np.random.default_rng(0).uniform(-1, 1, (FRAMES, 3, SIDE, SIDE)).astype(np.float32)
    os.environ[STATIC_MODE] = "1"  # plain HTML, as in the published book
    texts = [f"frame {i} of noise" for i in range(FRAMES)]
    return standalone_page(scrub(frames, texts, label="frame", alt="Noise in colour"))
