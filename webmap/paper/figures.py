"""Figures on a map: what an indicator was, what it is to be, and the gap, for each area that has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

import shapely

from webmap.paper import display, symbols
from webmap.paper.display import Box, Circle, Group, Item, Paint, Text
from webmap.paper.furniture import RED
from webmap.paper.panel import Block
from webmap.paper.plot import Drawn, Plot
from webmap.paper.sheet import Figures
from webmap.paper.typeset import points

# By how much of the first figure it is to grow: upper limits of the classes with their fills, light to dark.
CLASSES = ((0.15, "#edf3e4"), (0.5, "#cfe0b8"), (1.0, "#a3c585"), (float("inf"), "#6fa05a"))
_OPEN = "#f3f1ec"  # a figure, but no aim
_BLANK = "#ffffff"
_NOW = Paint(fill="#2b4c9b", opacity=0.85, stroke="#ffffff", width=0.2)
_THEN = Paint(fill="#2b4c9b", opacity=0.12, stroke="#2b4c9b", width=0.45, dash=(1.6, 0.9))
_LARGEST = 15.0
_SMALLEST = 0.9
_GAP = 3.0
_LINE = 1.25


@dataclass(frozen=True)
class Chart:
    """The figures of one area where they are drawn."""

    items: tuple[Item, ...]
    box: Box


def fills(plotted: Plot, figures: Figures) -> Group:
    """The areas, the darker the larger the gap; those without figures hatched."""
    items: list[Item] = []
    for one in _areas(plotted, figures):
        color = _color(figures, str(one.feature.properties["key"]))
        items.append(display.Shape(shapely.simplify(one.geometry, 0.05), Paint(fill=color)))
        if color == _BLANK:
            items.append(display.Shape(symbols.hatch(one.geometry, 45, 2.6), _hatch()))
    return Group("figures-fill", items, plotted.frame.box)


def _areas(plotted: Plot, figures: Figures) -> list[Drawn]:
    return [one for one in plotted.shapes if one.layer.id == figures.layer]


def _hatch() -> Paint:
    return Paint(stroke="#9a9a9a", width=0.12)


def _color(figures: Figures, key: str) -> str:
    values = figures.values.get(key)
    if values is None:
        return _BLANK
    if len(values) == 1:
        return _OPEN
    growth = values[1] / values[0] - 1 if values[0] else float("inf")
    return next(color for limit, color in CLASSES if growth < limit or limit == float("inf"))


def charts(plotted: Plot, figures: Figures, unit: float) -> list[Chart]:
    """Circles whose areas are as the figures, with the figures below them."""
    largest = max((max(values) for values in figures.values.values()), default=1.0)
    return [_chart(one, figures, largest, unit) for one in _areas(plotted, figures)]


def _chart(one: Drawn, figures: Figures, largest: float, unit: float) -> Chart:
    values = figures.values.get(str(one.feature.properties["key"]), ())
    middle = shapely.get_point(shapely.maximum_inscribed_circle(one.geometry, 0.5), 0)
    size = points(8.4) * unit
    radii = [_radius(value, largest, unit) for value in values]
    lines = list(_lines(values, figures))
    high = 2 * max(radii, default=0) + len(lines) * _LINE * size
    x, y = float(middle.x), float(middle.y) - high / 2 + max(radii, default=0)
    items: list[Item] = []
    if len(radii) == 2:
        items.append(Circle(x, y, radii[1], _THEN))
    if radii:
        items.append(Circle(x, y, radii[0], _NOW))
    top = y + max(radii, default=0) + 0.6 * unit
    texts = [
        Text(
            x,
            top + (at + 0.88) * _LINE * size,
            text,
            size,
            bold=bold,
            anchor="middle",
            halo=0.3 * size,
            color=color,
        )
        for at, (text, bold, color) in enumerate(lines)
    ]
    wide = max([2 * radius for radius in radii] + [text.width for text in texts])
    box = Box(x - wide / 2, y - max(radii, default=0), x + wide / 2, top + len(lines) * _LINE * size + 0.3)
    return Chart((*items, *texts), box)


def _radius(value: float, largest: float, unit: float) -> float:
    return max(_SMALLEST, _LARGEST * sqrt(max(value, 0) / largest)) * unit


def _lines(values: Sequence[float], figures: Figures) -> Iterator[tuple[str, bool, str]]:
    if not values:
        yield "未见公布数据", False, "#777777"
        return
    for year, value in zip(figures.years, values, strict=False):
        yield f"{year}年 {number(value)}{figures.unit}", False, "#222222"
    if len(values) == 2:
        gap = round(values[1] - values[0], 6)
        share = f"（{gap / values[0]:+.0%}）" if values[0] else ""
        yield f"差距 {'+' if gap >= 0 else ''}{number(gap)}{share}", True, RED
    else:
        yield f"{figures.years[1]}年目标未见公布", False, "#777777"


def number(value: float) -> str:
    """A figure as it is written: thousands apart."""
    return f"{value:,.10g}".replace(",", " ")


def key(figures: Figures, box: Box, unit: float) -> Block:
    """What the circles and fills mean."""
    size, row = points(6.4) * unit, 4.6 * unit
    heading = f"{figures.title}（{figures.unit}）"
    items: list[Item] = [Text(box.left, box.top + 4.2 * unit, heading, 3.6 * unit, bold=True)]
    y, x = box.top + 9.5 * unit, box.left + 3.2 * unit
    for paint, text in (
        (_NOW, f"实心圆：{figures.years[0]}年，面积与数值成正比"),
        (_THEN, f"虚线圆：{figures.years[1]}年目标"),
    ):
        items += [Circle(x, y - 0.35 * size, 1.7 * unit, paint), Text(box.left + 8 * unit, y, text, size)]
        y += row
    for color, text in _classes(figures):
        sample = Box(box.left, y - size, box.left + 6.4 * unit, y + 0.2 * size)
        area = shapely.box(sample.left, sample.top, sample.right, sample.bottom)
        items.append(display.Shape(area, Paint(color, 1, "#7d6b83", 0.15)))
        if color == _BLANK:
            items.append(display.Shape(symbols.hatch(area, 45, 1.3), _hatch()))
        items.append(Text(box.left + 8 * unit, y, text, size))
        y += row
    return Block(Group("figures-key", items), y - box.top + _GAP * unit)


def _classes(figures: Figures) -> Iterator[tuple[str, str]]:
    low = 0.0
    for limit, color in CLASSES:
        upper = "以上" if limit == float("inf") else f"—{limit:.0%}"
        yield color, f"目标比{figures.years[0]}年增 {low:.0%}{upper}"
        low = limit
    yield _OPEN, "有现状，目标未见公布"
    yield _BLANK, "未见公布数据"
