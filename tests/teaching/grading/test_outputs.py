"""Outputs are kept as a notebook keeps them, without anything that a page would run."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course_lib.teaching.grading.outputs import MOST_OUTPUTS, MOST_TEXT, Outputs


def collect(*messages):
    outputs = Outputs()
    for kind, content in messages:
        outputs.add({"msg_type": kind, "header": {"msg_type": kind}, "content": content})
    nbformat.validate(new_notebook(cells=[new_code_cell("", outputs=outputs.cells)]))
    return outputs


def stream(text, name="stdout"):
    return "stream", dict(name=name, text=text)


def display(data, kind="display_data", **more):
    return kind, dict(data=data, metadata={}, execution_count=1, **more)


def test_streams_are_joined_and_cut():
    made = collect(stream("a"), stream("b"), stream("c", "stderr"), stream("d" * 10**6, "stderr"))
    assert [output.text[:3] for output in made.cells] == ["ab", "cdd"]
    assert len(made.cells[1].text) == MOST_TEXT


def test_idle_is_noticed():
    busy = collect(("status", {"execution_state": "busy"}))
    assert not busy.idle
    assert collect(("status", {"execution_state": "idle"})).idle


def test_html_scripts_and_false_pictures_are_left_out():
    data = {
        "text/html": "<script>",
        "application/javascript": "alert(1)",
        "image/svg+xml": "<svg onload=alert(1)>",
        "image/png": 'x"><script>',
        "text/plain": "<b>plain</b>",
    }
    for kind in ("display_data", "execute_result"):
        assert collect(display(data, kind)).cells[0].data == {"text/plain": "<b>plain</b>"}
    assert collect(display({"image/png": "iVBOR\n+/="})).cells[0].data == {
        "image/png": "iVBOR\n+/="
    }


def test_updates_and_clearing():
    first = display({"text/plain": "1"}, transient={"display_id": "d"})
    then = "update_display_data", dict(data={"text/plain": "2"}, transient={"display_id": "d"})
    assert collect(first, then).cells[0].data == {"text/plain": "2"}
    assert collect(stream("a"), ("clear_output", {})).cells == []
    waited = collect(stream("a"), ("clear_output", {"wait": True}), stream("b"))
    assert [output.text for output in waited.cells] == ["b"]


@pytest.mark.parametrize(
    "message",
    [
        ("stream", {}),
        ("stream", {"name": [], "text": {}}),
        ("display_data", {"data": 3, "metadata": {}}),
        ("error", {"ename": 1, "evalue": 2, "traceback": 3}),
        ("update_display_data", {"transient": {"display_id": "unknown"}, "data": {}}),
        ("status", {}),
        ("execute_result", {"data": {"text/plain": 3}, "metadata": 3, "execution_count": "x"}),
        ("no such kind", {}),
    ],
)
def test_what_makes_no_sense_does_no_harm(message):
    collect(message)


def test_too_many_outputs_are_left_out():
    made = collect(*(display({"text/plain": "x"}) for _ in range(MOST_OUTPUTS + 9)))
    assert len(made.cells) == MOST_OUTPUTS
