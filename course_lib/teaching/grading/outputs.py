"""What a cell prints and draws, as a notebook keeps it; only what a page can show safely."""

import re
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output

# No HTML, no JavaScript, nothing that could close a picture's tag: an instructor opens these pages.
SAFE = {
    "text/plain": re.compile(r".*", re.DOTALL),
    "image/png": re.compile(r"[A-Za-z0-9+/=\s]*"),
    "image/jpeg": re.compile(r"[A-Za-z0-9+/=\s]*"),
}
MOST_OUTPUTS = 500  # a cell
MOST_TEXT = 100_000  # characters in a row


class Outputs:
    """The outputs of one cell, filled message by message."""

    def __init__(self) -> None:
        self.cells: list[NotebookNode] = []
        self.idle = False  #: Whether the kernel said that it has finished.
        self._clear = False  # whether the next output replaces the others
        self._shown: dict[str, NotebookNode] = {}  # outputs that may be updated, by their id

    def add(self, message: dict[str, Any]) -> None:
        """Take in a message of the iopub channel; one that makes no sense is left out."""
        try:
            self._add(message["msg_type"], message)
        except (ValueError, KeyError, TypeError, AttributeError):
            return

    def note(self, text: str) -> None:
        """Add a line of the grader's own."""
        self.cells.append(new_output("stream", name="stderr", text=text + "\n"))

    def _add(self, kind: str, message: dict[str, Any]) -> None:
        content = message["content"]
        if kind == "status":
            self.idle = self.idle or content["execution_state"] == "idle"
        elif kind == "clear_output":
            self._clear = bool(content.get("wait"))
            if not self._clear:
                self.cells.clear()
        elif kind == "update_display_data":
            self._shown[content["transient"]["display_id"]].data = _safe(content["data"])
        elif kind in ("stream", "display_data", "execute_result", "error"):
            self._append(_output(kind, content), content)

    def _append(self, output: NotebookNode, content: dict[str, Any]) -> None:
        if self._clear:
            self.cells.clear()
            self._clear = False
        last = self.cells[-1] if self.cells else {}
        if output.output_type == "stream" and last.get("name") == output.name:
            last.text = (last.text + output.text)[:MOST_TEXT]
        elif len(self.cells) < MOST_OUTPUTS:
            self.cells.append(output)
        if display := content.get("transient", {}).get("display_id"):
            self._shown[display] = output


def _output(kind: str, content: dict[str, Any]) -> NotebookNode:
    """Make an output of a message, with every part of the type that a notebook wants."""
    if kind == "stream":
        name = "stderr" if content["name"] == "stderr" else "stdout"
        return new_output(kind, name=name, text=_text(content["text"]))
    if kind == "error":
        lines = [_text(line) for line in content["traceback"]][:MOST_OUTPUTS]
        ename, evalue = _text(content["ename"]), _text(content["evalue"])
        return new_output(kind, ename=ename, evalue=evalue, traceback=lines)
    return new_output(kind, data=_safe(content["data"]))


def _text(value: Any) -> str:
    return str(value)[:MOST_TEXT].encode(errors="replace").decode()


def _safe(data: dict[str, Any]) -> NotebookNode:
    return NotebookNode(
        {
            kind: data[kind].encode(errors="replace").decode()
            for kind, form in SAFE.items()
            if isinstance(data.get(kind), str) and form.fullmatch(data[kind])
        }
    )
