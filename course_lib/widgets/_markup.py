"""The HTML of a scrubber, the same for a notebook and for a published page."""

from __future__ import annotations

import html
import json
import math

import numpy as np

from course_lib.widgets._sprites import GUTTER, Sprite, make_sprite

MOST_COLUMNS = 4
_ICONS = (
    '<svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">'
    '<path class="cl-icon-play" d="M8.5 5.6v12.8a.9.9 0 0 0 1.37.77l10.2-6.4a.9.9 0 0 0 0-1.54'
    'L9.87 4.83A.9.9 0 0 0 8.5 5.6z"/>'
    '<path class="cl-icon-pause" d="M7.2 5h2.6a.8.8 0 0 1 .8.8v12.4a.8.8 0 0 1-.8.8H7.2a.8.8 0 0 1'
    "-.8-.8V5.8a.8.8 0 0 1 .8-.8zm7 0h2.6a.8.8 0 0 1 .8.8v12.4a.8.8 0 0 1-.8.8h-2.6a.8.8 0 0 1-.8"
    '-.8V5.8a.8.8 0 0 1 .8-.8z"/></svg>'
)


def scrubber_markup(
    frames: dict[str, np.ndarray], alts: list[str], texts: list[str], label: str, start: int
) -> str:
    """The whole scrubber as HTML, already showing its first frame."""
    sprites = {name: make_sprite(x) for name, x in frames.items()}
    columns = math.ceil(len(frames) / math.ceil(len(frames) / MOST_COLUMNS))
    widths = _shown_widths(list(sprites.values()), columns)
    figures = "".join(
        _figure(name, sprite, alt, start, width)
        for (name, sprite), alt, width in zip(sprites.items(), alts, widths, strict=True)
    )
    label_, text_ = html.escape(label), html.escape(texts[start])
    longest = html.escape(max(texts, key=len))  # holds the place, so that nothing jumps
    done = 100 * start / (len(texts) - 1)
    return (
        f'<div class="cl-scrub" role="group" aria-label="{label_}" data-start="{start}" '
        f'data-texts="{html.escape(json.dumps(texts, ensure_ascii=False))}" '
        'data-lm-suppress-shortcuts="true">'
        f'<div class="cl-scrub-panels" style="--cl-columns:{columns}">{figures}</div>'
        '<div class="cl-scrub-text">'
        f'<span class="cl-scrub-ghost" aria-hidden="true">{longest}</span>'
        f'<span class="cl-scrub-live" aria-live="off">{text_}</span></div>'
        '<div class="cl-scrub-controls">'
        f'<button type="button" class="cl-scrub-play" data-name="{label_}" '
        f'aria-label="Play {label_}">{_ICONS}</button>'
        f'<label class="cl-scrub-slider"><span>{label_}</span>'
        f'<input type="range" min="0" max="{len(texts) - 1}" step="1" value="{start}" '
        f'aria-valuetext="{text_}" autocomplete="off" style="--cl-done:{done:g}%"></label>'
        "</div></div>"
    )


def _figure(name: str, sprite: Sprite, alt: str, start: int, shown: int) -> str:
    """One panel: a window onto its sprite, and its name."""
    x, y = sprite.offset(start)
    sheet_w = sprite.columns * (sprite.width + 2 * GUTTER)
    sheet_h = sprite.rows * (sprite.height + 2 * GUTTER)
    crisp = " cl-pixels" if sprite.crisp else ""
    caption = f"<figcaption>{html.escape(name)}</figcaption>" if name else ""
    return (
        f'<figure class="cl-scrub-panel" style="--cl-width:{shown}px">{caption}'
        f'<div class="cl-scrub-frame{crisp}" role="img" aria-label="{html.escape(alt)}" '
        f'data-sprite="{sprite.geometry}" style="aspect-ratio:{sprite.width}/{sprite.height}">'
        f'<img src="{sprite.url}" alt="" draggable="false" decoding="sync" '
        f'style="width:{100 * sheet_w / sprite.width:.6f}%;'
        f'transform:translate({-100 * x / sheet_w:.6f}%,{-100 * y / sheet_h:.6f}%)">'
        "</div></figure>"
    )


def _shown_widths(sprites: list[Sprite], columns: int) -> list[int]:
    """Each panel's width on the page; panels of one shape get one width, so that they line up.

    That one width suits the panel with the fewest pixels, where an uneven multiple would show.
    """
    widths = [_shown_width(sprite, columns) for sprite in sprites]
    if len({sprite.width / sprite.height for sprite in sprites}) > 1:
        return widths
    fewest = min(range(len(sprites)), key=lambda i: sprites[i].width)
    return [widths[fewest]] * len(widths)


def _shown_width(sprite: Sprite, columns: int) -> int:
    """Width in CSS pixels: a whole multiple of the frame's own, where that is small."""
    target = {1: 400, 2: 320}.get(columns, 256)
    if sprite.width >= 2 * sprite.height:  # a strip of several pictures
        target = 640
    return sprite.width * max(1, target // sprite.width) if sprite.width <= target else target
