"""Where things go on a page: title, map, panel and foot. Millimetres."""

from __future__ import annotations

import math
from dataclasses import dataclass

from webmap.paper.display import Box
from webmap.paper.sheet import Sheet
from webmap.paper.typeset import points

_MARGIN = 8.0
_TITLE = 21.0
_FOOT = 21.0
_BAND = 5.2
_SHORT_A3 = 297.0
_LEAST_PANEL = 76.0  # beside the map
_LEAST_PANEL_BELOW = 47.0
_MOST_PANEL = 0.47


@dataclass(frozen=True)
class Layout:
    """The boxes of a sheet, and `unit`: how much larger than on A3 its furniture is."""

    width: float
    height: float
    unit: float
    title: Box
    outer: Box
    map: Box
    panel: Box
    foot: Box

    @property
    def band(self) -> Box:
        """The map with the band around it in which degrees and grid letters stand."""
        return self.map.grown(_BAND * self.unit)

    @property
    def small(self) -> float:
        """The size of names of facilities and of small print: 6 points at least."""
        return points(6.05) * max(1.0, math.sqrt(self.unit))


def layout(sheet: Sheet, aspect: float, *, inset: bool) -> Layout:
    """The layout of a sheet whose extent is `aspect` times as wide as it is high. A panel with an inset takes what the
    extent leaves, one without as little as it can."""
    width, height = sheet.size
    unit = math.sqrt(min(sheet.size) / _SHORT_A3)
    margin = _MARGIN * unit
    inner = Box(margin, margin, width - margin, height - margin)
    title = Box(
        inner.left, inner.top, inner.right, inner.top + _TITLE * unit * (1 if sheet.subtitle else 0.8)
    )
    foot = Box(inner.left, inner.bottom - _FOOT * unit, inner.right, inner.bottom)
    outer = Box(inner.left, title.bottom, inner.right, foot.top - 1.5 * unit)
    band = _BAND * unit
    if sheet.orientation == "landscape":
        room = outer.height - 2 * band
        left = outer.width - (room * aspect + 2 * band) if inset else 0
        across = sheet.panel or min(max(left, _LEAST_PANEL * unit), _MOST_PANEL * outer.width)
        framed = Box(outer.left, outer.top, outer.right - across, outer.bottom)
        panel = Box(framed.right, outer.top, outer.right, outer.bottom)
    else:
        room = outer.width - 2 * band
        left = outer.height - (room / aspect + 2 * band) if inset else 0
        down = sheet.panel or min(max(left, _LEAST_PANEL_BELOW * unit), _MOST_PANEL * outer.height)
        framed = Box(outer.left, outer.top, outer.right, outer.bottom - down)
        panel = Box(outer.left, framed.bottom, outer.right, outer.bottom)
    return Layout(width, height, unit, title, outer, framed.grown(-band), panel.grown(-3 * unit), foot)
