"""The scrubber by itself, on a page made of frames whose every pixel is known."""

import io

import numpy as np
import pytest
from PIL import Image

from course_lib.widgets import quiz, scrub, standalone_page

COLOURS = np.array([[0, 90, 200], [250, 240, 30], [10, 160, 90], [220, 30, 30], [20, 20, 20]])
TEXTS = ["blue", "yellow", "green", "red", "black, the longest text of them all"]


@pytest.fixture
def write_page(tmp_path, monkeypatch):
    """Write a page with these parts, and return its file:// address."""
    monkeypatch.setenv("COURSE_LIB_STATIC_WIDGETS", "1")

    def write(*make):
        path = tmp_path / "page.html"
        path.write_text(standalone_page(*(part() for part in make)), encoding="utf-8")
        return path.as_uri()

    return write


def flat(h, w):
    """Five frames, each of one colour: a neighbour's pixel would show."""
    values = COLOURS / 127.5 - 1
    return np.broadcast_to(values[:, :, None, None], (5, 3, h, w)).astype(np.float32)


def colours(h=8, w=8, **extra):
    panels = flat(h, w)
    return lambda: scrub(panels, TEXTS, label="colour", alt="One colour", **extra)


def pixels(locator):
    shot = locator.screenshot(animations="disabled")
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)


@pytest.mark.parametrize(("h", "w"), [(8, 8), (28, 28), (5, 40), (128, 128)])
@pytest.mark.parametrize("width", [1280, 390, 333])
def test_a_frame_never_shows_its_neighbour(open_page, write_page, h, w, width):
    page = open_page(write_page(colours(h, w)), width=width)
    page.add_style_tag(content=".cl-scrub-frame { border-radius: 0 !important }")
    page.locator("input").focus()
    page.keyboard.press("Home")
    allowed = 24 if min(h, w) > 64 else 2  # large frames are compressed with losses
    for colour, text in zip(COLOURS, TEXTS, strict=True):
        assert page.locator(".cl-scrub-live").inner_text() == text
        inside = pixels(page.locator(".cl-scrub-frame"))[2:-2, 2:-2]
        assert np.abs(inside - colour).max() <= allowed
        page.keyboard.press("ArrowRight")


def test_scrubbers_on_one_page_do_not_move_each_other(open_page, write_page):
    page = open_page(write_page(colours(start=1), colours(start=2), colours(start=3)))
    page.locator("input").nth(1).focus()
    page.keyboard.press("End")
    values = page.locator("input").evaluate_all("all => all.map(e => e.value)")
    assert values == ["1", "4", "3"]


def test_play_runs_to_the_end_and_pause_stops_it(open_page, write_page):
    panels, texts = np.repeat(flat(8, 8), 8, axis=0), [f"frame {i}" for i in range(40)]
    url = write_page(lambda: scrub(panels, texts, label="t", alt="colours"))
    page = open_page(url)
    button, slider = page.locator("button"), page.locator("input")
    assert button.get_attribute("aria-label") == "Play t"
    button.focus()
    page.keyboard.press("Space")
    page.wait_for_function("document.querySelector('input').value >= 2")
    assert button.get_attribute("aria-label") == "Pause t"
    assert page.locator(".cl-scrub-live").get_attribute("aria-live") == "off"  # not while it runs
    page.keyboard.press("Enter")
    stopped = slider.input_value()
    assert button.get_attribute("aria-label") == "Play t"
    page.wait_for_timeout(500)
    assert slider.input_value() == stopped
    slider.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    button.click()
    page.wait_for_function("document.querySelector('input').value == 39")
    page.wait_for_function("!document.querySelector('.cl-playing')")
    button.click()  # at the end, play begins anew
    page.wait_for_function("document.querySelector('input').value < 5")


def test_a_key_on_the_slider_stops_the_play(open_page, write_page):
    page = open_page(write_page(colours()))
    page.locator("button").click()
    page.locator("input").focus()
    page.keyboard.press("Home")
    page.wait_for_timeout(1000)
    assert page.locator("input").input_value() == "0"


def test_reduced_motion_plays_in_slow_steps(open_page, write_page):
    panels, texts = np.repeat(flat(8, 8), 8, axis=0), [f"frame {i}" for i in range(40)]
    url = write_page(lambda: scrub(panels, texts, label="t", alt="colours"))
    page = open_page(url, motion="reduce")
    page.wait_for_timeout(300)
    assert page.locator("input").input_value() == "0", "nothing plays by itself"
    page.locator("button").click()
    page.wait_for_timeout(700)
    assert page.locator("input").input_value() == "4"  # one step of a tenth ...
    page.wait_for_function("document.querySelector('input').value == 8")  # ... a second
    transition = page.evaluate(
        "getComputedStyle(document.querySelector('button')).transitionDuration"
    )
    assert set(transition.split(", ")) == {"0s"}


def test_the_slider_follows_the_pointer(open_page, write_page):
    page = open_page(write_page(colours()))
    box = page.locator("input").bounding_box()
    page.mouse.click(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)
    assert page.locator(".cl-scrub-live").inner_text() == TEXTS[-1]


def test_nothing_jumps_when_the_text_grows(open_page, write_page):
    page = open_page(write_page(colours()), width=330)
    before = page.locator(".cl-scrub").bounding_box()
    page.locator("input").focus()
    page.keyboard.press("End")
    assert page.locator(".cl-scrub").bounding_box() == before


def test_each_move_is_measured(open_page, write_page):
    page = open_page(write_page(colours()))
    page.locator("input").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    times = page.evaluate(
        "performance.getEntriesByName('course-lib.scrub').map(entry => entry.duration)"
    )
    assert len(times) == 3
    assert all(0 <= ms < 1000 for ms in times)


def test_without_a_script_the_first_frame_still_shows(browser, write_page):
    url = write_page(colours(start=3))
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(url)
    inside = pixels(page.locator(".cl-scrub-frame"))[10:-10, 10:-10]
    assert np.abs(inside - COLOURS[3]).max() <= 6
    assert page.locator(".cl-scrub-live").inner_text() == "red"
    assert not page.locator("input").is_visible()
    context.close()


def test_high_contrast_and_print_keep_the_picture(open_page, write_page):
    page = open_page(write_page(colours(start=3)))
    for media in ({"forced_colors": "active"}, {"forced_colors": "none", "media": "print"}):
        page.emulate_media(**media)
        inside = pixels(page.locator(".cl-scrub-frame"))[10:-10, 10:-10]
        assert np.abs(inside - COLOURS[3]).max() <= 6


def test_axe_finds_nothing_at_all(open_page, write_page):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    choices = [("one", True, "it is"), ("two", False, "it is not")]
    page = open_page(write_page(colours(), lambda: quiz("How many?", choices)))
    page.locator("label", has_text="two").click()
    page.locator("summary:visible").click()
    for theme in ("light", "dark"):
        page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        violations = axe.run(page, context="main").response["violations"]
        assert [v["id"] for v in violations] == []
