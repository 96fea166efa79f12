"""The scrubber: a slider over frames, live in a notebook and plain HTML in a published page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.widgets._html import Html, asset, is_static
from course_lib.widgets._markup import scrubber_markup

if TYPE_CHECKING:
    from torch import Tensor


def scrub(
    panels: Tensor | Mapping[str, Tensor],
    texts: Sequence[str],
    *,
    label: str,
    alt: str | Mapping[str, str],
    start: int = 0,
) -> Any:
    """Show frames one at a time, under a slider, with a sentence about each.

    In JupyterLab the result is a live widget: Python can read, set and link its `index`. While a
    book is built it is plain HTML that needs no kernel.

    Parameters
    ----------
    panels
        Frames (N, C, H, W), float, values in [-1, 1] (others are clipped), C = 1 or 3; or a
        dictionary from a panel's name to such frames, shown side by side. Every panel has the
        same N; sizes may differ.
    texts
        N sentences, one a frame: what the reader should notice there. Plain text.
    label
        What the slider changes, such as "timestep t" or "guidance scale".
    alt
        What the picture shows, for a reader who cannot see it; or one such text a panel.
    start
        The first frame to show, 0 ... N - 1.

    Returns
    -------
    A displayable object with `index` and `texts`.

    Raises
    ------
    ValueError
        If shapes, lengths or texts do not fit together.

    Notes
    -----
    Built in: forward_process.
    """
    frames = _check_panels(panels)
    n = len(next(iter(frames.values())))
    texts = _check_texts(texts, n)
    alts = _check_alts(alt, list(frames))
    if not isinstance(label, str) or not label.strip():
        raise ValueError(f"label must say what the slider changes (a non-empty str), got {label!r}")
    if not 0 <= start < n:
        raise ValueError(f"start must be a frame, 0 ... {n - 1}, got {start}")
    markup = scrubber_markup(frames, alts, texts, label.strip(), start)
    if is_static():
        return StaticScrubber(markup, texts, start)
    return _live_class()(texts=texts, index=start, label=label.strip(), _markup=markup)


class StaticScrubber(Html):
    """A scrubber in a published page: HTML that `scrubber.js` brings to life."""

    def __init__(self, markup: str, texts: list[str], index: int):
        super().__init__(markup)
        self.texts = texts
        self.index = index


@cache
def _live_class() -> type:
    """The live widget's class, made late so that a book build never imports a widget library."""
    import anywidget
    import traitlets

    class Scrubber(anywidget.AnyWidget):
        """A live scrubber; `index` follows the slider and moves it."""

        _esm = asset("scrubber.js") + "\nexport default { render };\n"
        _css = asset("widgets.css")
        _markup = traitlets.Unicode().tag(sync=True)
        index = traitlets.Int(0).tag(sync=True)
        texts = traitlets.List(traitlets.Unicode()).tag(sync=True)
        label = traitlets.Unicode().tag(sync=True)

        @traitlets.validate("index")
        def _in_range(self, proposal):
            if not 0 <= proposal["value"] < max(1, len(self.texts)):
                allowed = f"0 ... {len(self.texts) - 1}"
                raise traitlets.TraitError(f"index must be {allowed}, got {proposal['value']}")
            return proposal["value"]

        @traitlets.validate("texts")
        def _same_length(self, proposal):
            if self.texts and len(proposal["value"]) != len(self.texts):
                expected, actual = len(self.texts), len(proposal["value"])
                raise traitlets.TraitError(f"texts must keep its {expected} items, got {actual}")
            return proposal["value"]

    return Scrubber


def _check_panels(panels: Any) -> dict[str, np.ndarray]:
    """Each panel's name and its frames as an array (N, C, H, W)."""
    named = dict(panels) if isinstance(panels, Mapping) else {"": panels}
    if not named:
        raise ValueError("panels must hold at least one panel, got an empty dictionary")
    frames = {str(name): _check_frames(str(name), x) for name, x in named.items()}
    counts = {name: len(x) for name, x in frames.items()}
    if len(set(counts.values())) > 1:
        raise ValueError(f"every panel must have the same number of frames N, got {counts}")
    return frames


def _check_frames(name: str, x: Any) -> np.ndarray:
    where = f"panel {name!r}" if name else "panels"
    if hasattr(x, "detach"):  # a tensor; NumPy has no bfloat16
        x = x.detach().cpu()
        x = (x.float() if x.is_floating_point() else x).numpy()
    x = np.asarray(x)
    if x.ndim != 4 or x.shape[1] not in (1, 3) or 0 in x.shape:
        raise ValueError(
            f"{where} must have shape (N, C, H, W) with C = 1 or 3, got {tuple(x.shape)}; "
            "stack single images with torch.cat"
        )
    if not np.issubdtype(x.dtype, np.floating):
        raise ValueError(
            f"{where} must be float with values in [-1, 1], got {x.dtype}; "
            "convert with x / 127.5 - 1"
        )
    if len(x) < 2:
        raise ValueError(f"{where} must have at least 2 frames, got {len(x)}; for one, show_images")
    if not np.isfinite(x).all():
        raise ValueError(f"{where} must be finite, got NaN or infinity: look for what diverged")
    return x.astype(np.float32, copy=False)


def _check_texts(texts: Any, n: int) -> list[str]:
    if isinstance(texts, str):
        raise ValueError(f"texts must be a list of {n} strings, got one string")
    texts = list(texts)
    if len(texts) != n:
        raise ValueError(f"texts must have one string a frame: expected {n}, got {len(texts)}")
    wrong = [text for text in texts if not isinstance(text, str) or not text.strip()]
    if wrong:
        raise ValueError(f"texts must be non-empty strings, got {wrong[0]!r}")
    return texts


def _check_alts(alt: Any, names: list[str]) -> list[str]:
    """One alternative text a panel."""
    if isinstance(alt, Mapping):
        if set(alt) != set(names):
            raise ValueError(f"alt must name the panels {names}, got {sorted(map(str, alt))}")
        alts = [alt[name] for name in names]
    else:
        alts = [f"{name}: {alt}" if name and alt else alt for name in names]
    if not all(isinstance(text, str) and text.strip() for text in alts):
        raise ValueError("alt must say in words what the picture shows (a non-empty str)")
    return alts
