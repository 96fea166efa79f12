"""The book served over HTTP, and what does not belong to one chapter."""

import pytest
from toc import pages

from conftest import PHONE


@pytest.mark.parametrize("path", [*pages(), "genindex.html", "search.html?q=noise"])
def test_a_served_page_asks_no_other_host(open_page, served, path):
    page = open_page(f"{served}/{path}")
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_timeout(100)  # for whatever scrolling loads
    assert page.notes.outside == []
    assert page.notes.errors == []


def test_searching_works_from_a_disk(open_page, site):
    page = open_page(f"{site.as_uri()}/search.html?q=noise")
    page.locator("#search-results li").first.wait_for()
    assert page.notes.outside == []
    assert page.notes.errors == []


def test_the_front_door_leads_to_the_first_page(new_page, site):
    page = new_page()
    page.goto((site / "index.html").as_uri())
    page.wait_for_url(f"**/{pages()[0]}")
    page.context.close()


def with_(site, what):
    """The pages that hold an element of this class."""
    for path in pages():
        text = (site / path).read_text(encoding="utf-8")
        if f'class="{what}"' in text or f' {what}"' in text:
            yield path


@pytest.mark.parametrize("what", ["cl-scrub", "cl-quiz", "cl-term"])
def test_the_book_has_some_of_each(site, what):
    assert list(with_(site, what)), f"no page has a {what}: the tests of it tested nothing"


def test_a_definition_shows_on_hover_and_stays_under_the_pointer(open_page, site):
    page = open_page(f"{site.as_uri()}/{next(with_(site, 'cl-term'))}")
    term = page.locator("article a.cl-term").first
    term.scroll_into_view_if_needed()
    term.hover()
    tip = page.locator(".cl-tip")
    tip.wait_for(state="visible")
    tip.hover()
    page.wait_for_timeout(400)
    assert tip.is_visible()
    page.mouse.move(2, 2)
    tip.wait_for(state="hidden")


def test_a_first_touch_shows_a_definition_and_a_second_follows(open_page, site):
    path = next(with_(site, "cl-term"))
    page = open_page(f"{site.as_uri()}/{path}", width=PHONE, touch=True)
    term = page.locator("article a.cl-term").first
    term.tap()
    page.locator(".cl-tip").wait_for(state="visible")
    assert page.url.endswith(path)
    term.tap()
    page.wait_for_url("**/*#term-*")
