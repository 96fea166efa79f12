"""Sliders and questions that work in a notebook and in a published page alike.

`scrub` shows frames under a slider, `quiz` asks a question. Both have two hosts:

- **live** (JupyterLab, Notebook, VS Code, Colab): `scrub` returns an `anywidget.AnyWidget` whose
  `index` Python can read, set, observe and link;
- **published page**: while a book is built (the environment variable `COURSE_LIB_STATIC_WIDGETS`
  is 1; `course_lib.sphinx_ext` sets it), `scrub` returns an object that is HTML and nothing else.

Python writes the same HTML for both, with the first frame already in view. The same function,
`render` in `static/scrubber.js`, moves it: anywidget calls it with its model, a published page
calls it with a stand-in. The frames travel as one WebP sprite a panel, inside the HTML, so a page
asks nobody for anything and works from a disk. A panel is a window over its sprite; showing a
frame is one change of `transform`.

Keys on the slider: arrows one frame, Page Up and Page Down a tenth, Home and End. The play button
runs to the last frame in about six seconds; where the reader asked for reduced motion it takes
about ten steps, one a second. Nothing plays by itself.

`quiz` has no script at all: radio buttons, and a `<details>` a choice of which CSS shows the one
that belongs to the chosen radio button.

To time a move: every move leaves a `performance.measure` named `course-lib.scrub`, so
`performance.getEntriesByName("course-lib.scrub")` holds the handler's times in milliseconds.
`standalone_page` writes a page with nothing else on it for that.
"""

from course_lib.widgets._html import STATIC_MODE
from course_lib.widgets._page import standalone_page
from course_lib.widgets._quiz import quiz
from course_lib.widgets._scrubber import StaticScrubber, scrub

__all__ = ["STATIC_MODE", "StaticScrubber", "quiz", "scrub", "standalone_page"]
