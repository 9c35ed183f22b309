"""Lines of text in boxes: paragraphs that wrap, rows that flow into columns."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from webmap.paper import glyphs
from webmap.paper.display import MM, Text

LEADING = 1.32  # from baseline to baseline, in ems

_NOT_FIRST = "，。；：、！？）》”」』】％%·’…,.;:!?)]}"
_NOT_LAST = "（《“「『【(["


def points(size: float) -> float:
    """A size in points in millimetres."""
    return size * MM


def small_print(unit: float) -> float:
    """The size of legends, tables and imprint on a page whose furniture is so much larger than on A3."""
    return max(points(6.05), points(6.4) * unit)


def wrapped(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """The text in lines that are no wider; a line starts with no closing mark and breaks in no Latin word."""
    lines, line = [], ""
    for word in _words(glyphs.clean(text)):
        if line and glyphs.width(line + word.rstrip(), bold=bold) * size > width:
            lines.append(line.rstrip())
            line = word.lstrip()
        else:
            line += word
    return [*lines, line.rstrip()] if line.strip() else lines


def _words(text: str) -> Iterator[str]:
    """The pieces between which a line may break."""
    piece = ""
    for before, here in zip("\0" + text, text, strict=False):
        if piece and _may_break(before, here):
            yield piece
            piece = ""
        piece += here
    if piece:
        yield piece


def _may_break(before: str, here: str) -> bool:
    if here in _NOT_FIRST or before in _NOT_LAST:
        return False
    latin = before.isascii() and here.isascii()
    return not latin or before == " "


def paragraph(
    text: str, x: float, y: float, width: float, size: float, *, color: str = "#222222", bold: bool = False
) -> tuple[list[Text], float]:
    """The lines of a text from a top edge down, and where the next paragraph starts."""
    items = []
    for line in wrapped(text, width, size, bold=bold):
        items.append(Text(x, y + glyphs.ASCENT * size, line, size, bold=bold, color=color))
        y += LEADING * size
    return items, y


def shortened(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """The text, or its beginning with an ellipsis when it is wider."""
    cleaned = glyphs.clean(text)
    if glyphs.width(cleaned, bold=bold) * size <= width:
        return cleaned
    while cleaned and glyphs.width(cleaned + "…", bold=bold) * size > width:
        cleaned = cleaned[:-1]
    return cleaned + "…"


def columns(heights: Sequence[float], count: int, *, headings: Collection[int] = ()) -> list[list[int]]:
    """Rows by their numbers in so many columns of about the same height, in reading order; no heading ends a column."""
    target = sum(heights) / count
    found: list[list[int]] = [[] for _ in range(count)]
    column, filled = 0, 0.0
    for number, height in enumerate(heights):
        needed = height * (2 if number in headings else 1)
        if filled and filled + needed - height / 2 > target and column < count - 1:
            column, filled = column + 1, 0.0
        found[column].append(number)
        filled += height
    return found
