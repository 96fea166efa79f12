"""Scrubbers and quizzes: what they are in each host, and that frames survive the journey."""

import html
import io
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib.widgets import StaticScrubber, quiz, scrub, standalone_page
from course_lib.widgets._sprites import GUTTER, make_sprite, to_uint8

NASTY = "a \"quoted\" <script>alert(1)</script> & 'more'"


@pytest.fixture
def static(monkeypatch):
    monkeypatch.setenv("COURSE_LIB_STATIC_WIDGETS", "1")


@pytest.fixture
def live(monkeypatch):
    monkeypatch.delenv("COURSE_LIB_STATIC_WIDGETS", raising=False)


def frames(n=6, c=1, h=5, w=7, seed=0):
    return torch.rand(n, c, h, w, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def words(n=6):
    return [f"frame {i}" for i in range(n)]


def sheet(sprite):
    return np.asarray(Image.open(io.BytesIO(sprite.webp)).convert("RGB"))


class Tags(HTMLParser):
    """The start tags of a piece of HTML, as the browser would read them."""

    def __init__(self, markup):
        super().__init__()
        self.found = []
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def first(self, wanted):
        return next(attrs for tag, attrs in self.found if tag == wanted)

    def all(self, wanted):
        return [attrs for tag, attrs in self.found if tag == wanted]


# ---------- sprites ----------


@pytest.mark.parametrize(
    ("n", "c", "h", "w"), [(2, 1, 28, 28), (50, 3, 16, 16), (7, 3, 5, 9), (3, 1, 28, 224)]
)
def test_each_frame_comes_back_from_the_sprite_exactly(n, c, h, w):
    x = frames(n, c, h, w).numpy()
    sprite = make_sprite(x)
    pixels = sheet(sprite)
    for i in range(n):
        left, top = sprite.offset(i)
        frame = pixels[top : top + h, left : left + w]  # (H, W, 3)
        expected = to_uint8(x[i]).transpose(1, 2, 0)
        np.testing.assert_array_equal(frame, np.broadcast_to(expected, (h, w, 3)))


def test_a_frames_gutter_repeats_its_own_edge():
    sprite = make_sprite(frames(4, 3, 6, 6).numpy())
    pixels = sheet(sprite)
    left, top = sprite.offset(3)
    cell = pixels[top - GUTTER : top + 6 + GUTTER, left - GUTTER : left + 6 + GUTTER]
    np.testing.assert_array_equal(cell[0], cell[1])
    np.testing.assert_array_equal(cell[:, -1], cell[:, -2])


def test_large_frames_are_close_and_small():
    ramp = np.linspace(-1, 1, 128, dtype=np.float32)
    x = np.broadcast_to(ramp, (50, 3, 128, 128))
    sprite = make_sprite(x)
    left, top = sprite.offset(49)
    frame = sheet(sprite)[top : top + 128, left : left + 128].astype(int)
    assert np.abs(frame - to_uint8(x[49]).transpose(1, 2, 0)).mean() < 3
    assert len(sprite.webp) < 100_000


def test_values_map_to_bytes_and_outliers_clip():
    values = np.array([-5.0, -1.0, 0.0, 1.0, 9.0], np.float32)
    assert to_uint8(values).tolist() == [0, 0, 128, 255, 255]


def test_a_sheet_too_large_for_webp_is_refused():
    with pytest.raises(ValueError, match="16383 a side"):
        make_sprite(np.zeros((2, 1, 16_400, 3), np.float32))


# ---------- the scrubber in a published page ----------


def test_static_scrubber_is_html_and_nothing_else(static):
    shown = scrub(frames(), words(), label="timestep t", alt="noise", start=2)
    assert isinstance(shown, StaticScrubber)
    assert set(shown._repr_mimebundle_()) == {"text/html"}
    assert (shown.index, shown.texts) == (2, words())


def test_static_scrubber_asks_no_host(static):
    markup = scrub(frames(), words(), label="timestep t", alt="noise").html
    assert "http" not in re.sub(r"base64,[A-Za-z0-9+/=]+", "", markup)
    assert "<script" not in markup


def test_slider_is_native_labelled_and_says_its_text(static):
    tags = Tags(scrub(frames(), words(), label="guidance scale", alt="noise", start=3).html)
    slider = tags.first("input")
    assert (slider["type"], slider["min"], slider["max"], slider["value"]) == (
        "range",
        "0",
        "5",
        "3",
    )
    assert slider["aria-valuetext"] == "frame 3"
    assert tags.first("button")["aria-label"] == "Play guidance scale"
    assert json.loads(tags.first("div")["data-texts"]) == words()


def test_first_frame_is_in_view_without_a_script(static):
    x = frames(9, 1, 5, 7)
    tags = Tags(scrub(x, words(9), label="t", alt="noise", start=4).html)
    sprite = make_sprite(x.numpy())
    style = tags.first("img")["style"]
    width, dx, dy = (float(v) for v in re.findall(r"(-?[\d.]+)%", style))
    sheet_w, sheet_h = Image.open(io.BytesIO(sprite.webp)).size
    assert width == pytest.approx(100 * sheet_w / 7, abs=1e-4)
    assert (-dx / 100 * sheet_w, -dy / 100 * sheet_h) == pytest.approx(sprite.offset(4), abs=1e-3)


def test_panels_side_by_side_have_names_and_alts(static):
    panels = {"x_t": frames(), "x_0_hat": frames(h=8, w=8)}
    tags = Tags(scrub(panels, words(), label="t", alt="A seven").html)
    labels = [a["aria-label"] for a in tags.all("div") if a.get("role") == "img"]
    assert labels == ["x_t: A seven", "x_0_hat: A seven"]
    tags = Tags(scrub(panels, words(), label="t", alt={"x_t": "one", "x_0_hat": "two"}).html)
    assert [a["aria-label"] for a in tags.all("div") if a.get("role") == "img"] == ["one", "two"]


def test_texts_labels_and_alts_are_escaped(static):
    markup = scrub({NASTY: frames(2)}, [NASTY, "b"], label=NASTY, alt=NASTY).html
    tags = Tags(markup)
    assert "script" not in [tag for tag, _ in tags.found]
    assert json.loads(tags.first("div")["data-texts"])[0] == NASTY
    assert tags.first("input")["aria-valuetext"] == NASTY
    assert tags.first("div")["aria-label"] == NASTY


def test_same_input_gives_the_same_page(static):
    one, two = (scrub(frames(), words(), label="t", alt="noise").html for _ in range(2))
    assert one == two


def test_standalone_page_is_whole(static):
    page = standalone_page(scrub(frames(), words(), label="t", alt="n"), "<p>hi</p>", title="a<b")
    assert "<title>a&lt;b</title>" in page
    assert "var render" in page and ".cl-scrub" in page and "<p>hi</p>" in page


def test_small_frames_are_shown_as_crisp_whole_multiples(static):
    markup = scrub(frames(2, 1, 28, 28), words(2), label="t", alt="n").html
    assert "cl-pixels" in markup and "--cl-width:392px" in markup  # 14 x 28
    markup = scrub(frames(2, 3, 128, 128), words(2), label="t", alt="n").html
    assert "cl-pixels" not in markup and "--cl-width:384px" in markup


# ---------- the scrubber in a notebook ----------


def test_live_scrubber_is_a_widget_that_python_can_move(live):
    shown = scrub(frames(), words(), label="timestep t", alt="noise", start=1)
    assert "application/vnd.jupyter.widget-view+json" in shown._repr_mimebundle_()[0]
    seen = []
    shown.observe(lambda change: seen.append(change.new), "index")
    shown.index = 4
    assert seen == [4]
    with pytest.raises(Exception, match=r"0 \.\.\. 5, got 6"):
        shown.index = 6
    with pytest.raises(Exception, match="keep its 6 items, got 1"):
        shown.texts = ["one"]
    assert (shown.index, len(shown.texts)) == (4, 6)


def test_both_hosts_run_the_same_html_and_the_same_script(live, monkeypatch):
    arguments = {"label": "timestep t", "alt": "noise", "start": 1}
    shown = scrub(frames(), words(), **arguments)
    monkeypatch.setenv("COURSE_LIB_STATIC_WIDGETS", "1")
    page = scrub(frames(), words(), **arguments)
    assert shown._markup == page.html
    script = standalone_page(page).split("<script>")[1].split("</script>")[0]
    assert str(shown._esm) == script + "\nexport default { render };\n"
    assert not re.search(r"^\s*(import|export)\b", script, re.M), "a classic script"


def test_a_live_widget_has_no_place_in_a_page(live):
    with pytest.raises(ValueError, match="COURSE_LIB_STATIC_WIDGETS=1"):
        standalone_page(scrub(frames(), words(), label="t", alt="n"))


# ---------- what the scrubber refuses ----------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"panels": torch.zeros(6, 5, 7)}, r"shape \(N, C, H, W\).*got \(6, 5, 7\)"),
        ({"panels": torch.zeros(6, 2, 5, 7)}, r"C = 1 or 3, got \(6, 2, 5, 7\)"),
        ({"panels": torch.zeros(6, 1, 5, 7, dtype=torch.uint8)}, "got uint8"),
        ({"panels": np.zeros((6, 1, 5, 7), np.uint8)}, "got uint8; convert with x / 127.5 - 1"),
        ({"panels": torch.full((6, 1, 5, 7), float("nan"))}, "finite"),
        ({"panels": {}}, "at least one panel"),
        ({"panels": {"a": frames(6), "b": frames(5)}}, r"same number of frames.*'b': 5"),
        ({"panels": frames(1), "texts": ["one"]}, "at least 2 frames, got 1"),
        ({"texts": words(5)}, "expected 6, got 5"),
        ({"texts": "abcdef"}, "one string"),
        ({"texts": [*words(5), ""]}, "non-empty"),
        ({"alt": " "}, "what the picture shows"),
        ({"alt": {"b": "x"}}, "alt must name the panels"),
        ({"label": ""}, "what the slider changes"),
        ({"start": 6}, r"0 \.\.\. 5, got 6"),
        ({"start": -1}, r"got -1"),
    ],
)
def test_scrub_refuses_with_a_reason(static, change, message):
    arguments = {"panels": frames(), "texts": words(), "label": "t", "alt": "noise"} | change
    with pytest.raises(ValueError, match=message):
        scrub(arguments.pop("panels"), arguments.pop("texts"), **arguments)


# ---------- quizzes ----------

CHOICES = [("one", False, "too few"), ("two", True, "a pair"), ("three", False, "too many")]


def test_quiz_is_a_group_of_radio_buttons_in_a_fieldset(static):
    shown = quiz("How many?", CHOICES)
    assert set(shown._repr_mimebundle_()) == {"text/html"}
    tags = Tags(shown.html)
    radios = tags.all("input")
    assert [r["type"] for r in radios] == ["radio"] * 3
    assert len({r["name"] for r in radios}) == 1
    assert not any("checked" in r for r in radios)
    assert [t for t, _ in tags.found if t in ("fieldset", "legend")] == ["fieldset", "legend"]


def test_quiz_opens_nothing_before_the_reader_asks(static):
    checks = Tags(quiz("How many?", CHOICES).html).all("details")
    assert len(checks) == 1 + len(CHOICES)
    assert not any("open" in check for check in checks)


def test_quiz_pairs_each_choice_with_its_own_verdict(static):
    markup = quiz("How many?", CHOICES).html
    for i, (_, right, reason) in enumerate(CHOICES, start=1):
        box = re.search(rf'cl-quiz-check cl-quiz-{i}".*?</details>', markup)[0]
        assert reason in box
        assert ("Right." in box) == right


def test_quiz_brings_its_style_only_where_no_page_has_it(live, monkeypatch):
    assert "<style>" in quiz("How many?", CHOICES).html
    monkeypatch.setenv("COURSE_LIB_STATIC_WIDGETS", "1")
    assert "<style>" not in quiz("How many?", CHOICES).html


def test_quiz_names_are_the_same_in_every_build_and_differ_between_questions(static):
    name = Tags(quiz("How many?", CHOICES).html).first("input")["name"]
    assert Tags(quiz("How many?", CHOICES).html).first("input")["name"] == name
    assert Tags(quiz("How much?", CHOICES).html).first("input")["name"] != name


def test_quiz_escapes_and_understands_code_and_maths(static):
    markup = quiz(NASTY, [("`a<b`", True, r"$\bar\alpha < 1$"), ("*yes*", False, NASTY)]).html
    assert "<script" not in markup and html.escape(NASTY) in markup
    assert "<code>a&lt;b</code>" in markup and "<em>yes</em>" in markup
    assert r'<span class="math notranslate nohighlight">\(\bar\alpha &lt; 1\)</span>' in markup


@pytest.mark.parametrize(
    ("question", "choices", "message"),
    [
        ("", CHOICES, "question"),
        ("Q", CHOICES[:1], "2 to 8, got 1"),
        ("Q", [(str(i), i == 0, "r") for i in range(9)], "2 to 8, got 9"),
        ("Q", [("a", False, "r"), ("b", False, "r")], "exactly one choice must be right, got 0"),
        ("Q", [("a", True, "r"), ("b", True, "r")], "got 2"),
        ("Q", [("a", True, "r"), ("b", False, " ")], "needs its text and a reason"),
        ("Q", [("a", True, "r"), ("b", False)], "must be"),
        ("Q", [("a", 1, "r"), ("b", 0, "r")], "right: bool"),
        ("Q", [("a", True, "r"), ("a", False, "r")], "differ"),
    ],
)
def test_quiz_refuses_with_a_reason(static, question, choices, message):
    with pytest.raises(ValueError, match=message):
        quiz(question, choices)


def test_half_precision_frames_are_welcome(static):
    x = frames()
    one = scrub(x.bfloat16(), words(), label="t", alt="n").html
    assert one == scrub(x.bfloat16().float(), words(), label="t", alt="n").html


def test_panels_of_one_shape_line_up(static):
    panels = {"cat": frames(2, 3, 128, 128), "digit": frames(2, 1, 28, 28)}
    markup = scrub(panels, words(2), label="t", alt="n").html
    assert re.findall(r"--cl-width:(\d+)px", markup) == ["308", "308"]  # 11 x 28


def test_quiz_names_a_choice_that_is_only_a_formula():
    page = quiz("Which?", [("$x_t$", True, "Yes."), ("$x_0$, clean", False, "No.")]).html
    assert page.count('aria-label="x_t"') == 1
    assert 'aria-label="x_0' not in page
