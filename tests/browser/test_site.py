"""Every page of the built book from a disk: each is opened once, and then everything is tried.

The page is a fixture of the module, so the tests below share one open page and run in order.
"""

import io

import numpy as np
import pytest
from PIL import Image
from toc import pages

from conftest import DESKTOP, PHONE, settle

CONTENT = "article.bd-article"
STATE = """root => [root.querySelector('.cl-scrub-live').textContent,
                    Number(root.querySelector('input').value)]"""
UNTYPESET = "all => all.filter(e => !e.querySelector('mjx-container')).map(e => e.textContent)"
UNDEFINED = """all => all.filter(e => !document.getElementById(e.getAttribute('aria-describedby'))
                      ?.textContent.trim()).map(e => e.textContent)"""


@pytest.fixture(scope="module", params=pages())
def page(request, site, new_page):
    """One page of the book, opened from file://."""
    page = new_page(motion="reduce")  # no transition may hide a colour from axe
    page.path = request.param
    page.goto(f"{site.as_uri()}/{request.param}", wait_until="load")
    settle(page)
    yield page
    page.context.close()


def each(page, selector):
    found = page.locator(f"article {selector}")
    return [found.nth(i) for i in range(found.count())]


def picture(root):
    """A scrubber's panels as an array."""
    root.scroll_into_view_if_needed()
    shot = root.locator(".cl-scrub-panels").screenshot(animations="disabled")
    return np.asarray(Image.open(io.BytesIO(shot)).convert("L")).astype(int)


def tab_until(page, locator, key="Tab", at_most=40):
    """Press Tab until the element has the focus; formulas on the way take it too."""
    for _ in range(at_most):
        page.keyboard.press(key)
        if locator.evaluate("e => e === document.activeElement"):
            return
    raise AssertionError(f"{key} never reaches {locator}")


def test_maths_is_typeset(page):
    maths = page.locator("article .math")
    if maths.count():
        assert maths.evaluate_all(UNTYPESET) == []
        assert page.locator("mjx-merror").count() == 0
        fonts = "Array.from(document.fonts).filter(f => /MJX/.test(f.family)).map(f => f.status)"
        assert "loaded" in page.evaluate(fonts)


def test_scrubbers_are_named(page):
    for root in each(page, ".cl-scrub"):
        label = root.get_attribute("aria-label")
        assert label
        assert root.get_by_role("slider", name=label).count() == 1
        assert root.get_by_role("button", name=f"Play {label}").count() == 1
        panels = root.locator(".cl-scrub-frame")
        assert root.get_by_role("img").count() == panels.count() >= 1
        assert all(len(alt) > 3 for alt in panels.evaluate_all("all => all.map(e => e.ariaLabel)"))


def test_scrubbers_move_by_keyboard(page):
    for root in each(page, ".cl-scrub"):
        slider = root.locator("input[type=range]")
        last = int(slider.get_attribute("max"))
        tenth = max(1, int((last + 1) / 10 + 0.5))  # halves up, as JavaScript rounds
        slider.focus()

        def press(key, root=root, slider=slider):
            page.keyboard.press(key)
            text, index = root.evaluate(STATE)
            assert slider.get_attribute("aria-valuetext") == text
            return text, index

        first_text, index = press("Home")
        assert index == 0
        first = picture(root)
        last_text, index = press("End")
        assert index == last
        assert last_text != first_text, "the live text does not change"
        assert np.abs(picture(root) - first).mean() > 0.5, "the picture does not change"
        assert press("ArrowRight")[1] == last, "there is nothing after the last frame"
        assert press("PageDown")[1] == last - tenth
        assert press("PageUp")[1] == last
        assert press("ArrowLeft")[1] == last - 1
        assert press("Home") == (first_text, 0)
        assert np.abs(picture(root) - first).mean() < 0.5, "the first frame does not come back"
        assert press("ArrowRight")[1] == 1
        assert press("ArrowUp")[1] == min(2, last)
        assert press("ArrowDown")[1] == min(2, last) - 1


def test_scrubbers_play_and_pause(page):
    for root in each(page, ".cl-scrub"):
        slider, button = root.locator("input[type=range]"), root.locator("button")
        slider.focus()
        page.keyboard.press("Home")
        button.focus()
        page.keyboard.press("Space")
        page.wait_for_function("e => e.value > 0", arg=slider.element_handle())
        assert button.get_attribute("aria-label").startswith("Pause")
        page.keyboard.press("Space")
        assert button.get_attribute("aria-label").startswith("Play")


def test_quizzes_work_by_keyboard(page):
    for quiz in each(page, ".cl-quiz"):
        verdicts = quiz.locator(".cl-quiz-verdict:visible")
        button = quiz.locator("summary:visible")
        assert verdicts.count() == 0, "an answer shows before it was asked for"
        assert button.count() == 1
        button.focus()
        page.keyboard.press("Enter")
        assert verdicts.all_inner_texts() == ["Choose an answer first."]

        choices = quiz.locator("input[type=radio]")
        choices.first.focus()
        page.keyboard.press("Space")
        said = []
        for n in range(choices.count()):
            if n:
                page.keyboard.press("ArrowDown")
            assert choices.nth(n).is_checked()
            assert verdicts.count() == 0, "a verdict shows before it was asked for"
            tab_until(page, button)
            page.keyboard.press("Enter")
            said += verdicts.all_inner_texts()
            assert len(said) == n + 1
            tab_until(page, choices.nth(n), "Shift+Tab")
        assert sum("Right." in text for text in said) == 1
        assert sum("Not quite." in text for text in said) == choices.count() - 1


def test_each_term_carries_its_definition(page):
    assert page.locator("article a:has(> .std-term)").evaluate_all(UNDEFINED) == []


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_definitions_show_inside_the_window(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    tip = page.locator(".cl-tip")
    for term in each(page, "a.cl-term")[:4]:
        term.focus()
        page.keyboard.press("Shift+Tab")
        tab_until(page, term)  # focus by keyboard, not by script
        assert tip.is_visible()
        box = tip.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        assert box["y"] >= 0 and box["y"] + box["height"] <= 800
        page.keyboard.press("Escape")
        assert not tip.is_visible()


def test_nothing_is_wider_than_a_phone(page):
    page.set_viewport_size({"width": PHONE, "height": 800})
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE, f"the page is {wide} pixels wide"


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(page, theme, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.wait_for_function(f"document.documentElement.dataset.theme === '{theme}'")
    page.wait_for_timeout(400)  # the theme makes wide code focusable a moment after a resize
    options = {"resultTypes": ["violations"], "preload": False}  # no requests of axe's own
    if theme == "dark":  # only colours differ from the light page
        options["runOnly"] = {"type": "rule", "values": ["color-contrast"]}
    results = axe.run(page, context=CONTENT, options=options)
    assert [
        f"{found['impact']} {found['id']}: {node['target']} {node['html'][:150]} "
        f"{node.get('failureSummary', '')[:300]}"
        for found in results.response["violations"]
        if found["impact"] in ("serious", "critical")
        for node in found["nodes"]
    ] == []


def test_nothing_went_wrong_meanwhile(page):
    assert page.notes.outside == []
    assert page.notes.errors == []
    assert page.url.endswith(page.path), "a key must not leave the page"
