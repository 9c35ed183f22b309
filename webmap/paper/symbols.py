"""Symbols on paper: the declared symbol of a layer as items of the display list."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import assert_never

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.symbol import Fill, Marker, Plain, Shape, Stroke
from webmap.paper import display
from webmap.paper.display import MM, Box, Circle, Item, Paint

HATCH_MM = 1.9
_RIM = "#ffffff"
_RIM_MM = 0.14


def paint(symbol: Plain) -> Paint:
    """How a symbol fills and outlines; lengths are declared in points and given in millimetres."""
    match symbol:
        case Marker(color):
            return Paint(fill=color, stroke=_RIM, width=_RIM_MM)
        case Stroke(color, width, dash):
            return Paint(stroke=color, width=width * MM, dash=tuple(length * MM for length in dash))
        case Fill(color, opacity, outline):
            line = None if outline is None else paint(outline)
            filled = Paint(fill=color if opacity else None, opacity=opacity)
            if line is None:
                return filled
            return Paint(filled.fill, opacity, line.stroke, line.width, line.dash)
        case _:
            assert_never(symbol)


def marker(symbol: Marker, x: float, y: float, *, hollow: bool = False, grow: float = 1) -> Item:
    """A point symbol at a place; hollow when the place is not known well."""
    radius = symbol.size / 2 * MM * grow
    painted = paint(symbol)
    if hollow:
        width = max(0.16, radius * 0.28)
        painted, radius = Paint(fill="#ffffff", stroke=symbol.color, width=width), radius - width / 2
    if symbol.shape is Shape.CIRCLE:
        return Circle(x, y, radius, painted)
    return display.Shape(shapely.Polygon(_outline(symbol.shape, x, y, radius)), painted)


def _outline(shape: Shape, x: float, y: float, radius: float) -> Iterable[tuple[float, float]]:
    match shape:
        case Shape.SQUARE:
            return _regular(x, y, radius * 1.12, 4, 45)
        case Shape.DIAMOND:
            return _regular(x, y, radius * 1.12, 4, 0)
        case Shape.TRIANGLE:
            return _regular(x, y + radius * 0.18, radius * 1.15, 3, 0)
        case Shape.PENTAGON:
            return _regular(x, y, radius * 1.05, 5, 0)
        case Shape.HEXAGON:
            return _regular(x, y, radius * 1.03, 6, 0)
        case Shape.STAR:
            return _star(x, y, radius * 1.12)
        case Shape.CROSS:
            return _cross(x, y, radius)
        case Shape.CIRCLE:
            return _regular(x, y, radius, 32, 0)
        case _:
            assert_never(shape)


def _regular(x: float, y: float, radius: float, corners: int, turned: float) -> list[tuple[float, float]]:
    angles = [math.radians(turned + 360 * number / corners) for number in range(corners)]
    return [(x + radius * math.sin(angle), y - radius * math.cos(angle)) for angle in angles]


def _star(x: float, y: float, radius: float) -> list[tuple[float, float]]:
    angles = [math.radians(36 * number) for number in range(10)]
    reach = [radius, radius * 0.45] * 5
    return [(x + r * math.sin(a), y - r * math.cos(a)) for r, a in zip(reach, angles, strict=True)]


def _cross(x: float, y: float, radius: float) -> list[tuple[float, float]]:
    arm = radius * 0.36
    corners = ((-arm, -radius), (arm, -radius), (arm, -arm), (radius, -arm), (radius, arm), (arm, arm))
    back = tuple((-a, -b) for a, b in corners)
    return [(x + a, y + b) for a, b in (*corners, *back)]


def hatch(area: BaseGeometry, angle: float, apart: float = HATCH_MM) -> BaseGeometry:
    """Parallel lines across an area, at an angle in degrees; always through the page's corner, so that parts agree."""
    left, top, right, bottom = area.bounds
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    corners = [(left, top), (left, bottom), (right, top), (right, bottom)]
    across = [x * -sin + y * cos for x, y in corners]
    along = [x * cos + y * sin for x, y in corners]
    steps = np.arange(math.ceil(min(across) / apart), math.floor(max(across) / apart) + 1) * apart
    ends = [[(a * cos - d * sin, a * sin + d * cos) for a in (min(along), max(along))] for d in steps]
    if not ends:
        return shapely.MultiLineString()
    return shapely.intersection(shapely.multilinestrings(shapely.linestrings(ends)), area)


def sample(symbol: Plain, box: Box, *, hollow: bool = False) -> Iterator[Item]:
    """The symbol as a legend shows it, in a box."""
    x, y = box.centre
    match symbol:
        case Marker():
            yield marker(symbol, x, y, hollow=hollow, grow=min(1, box.height / (symbol.size * MM)))
        case Stroke():
            yield display.Shape(shapely.LineString([(box.left, y), (box.right, y)]), paint(symbol))
        case Fill():
            area = shapely.box(box.left, box.top, box.right, box.bottom)
            yield display.Shape(area, paint(symbol))
            if symbol.hatched:
                yield display.Shape(hatch(area, 45, 1.2), hatch_paint(symbol))
        case _:
            assert_never(symbol)


def hatch_paint(symbol: Fill) -> Paint:
    """The lines of a hatch: thin, in the colour of the outline."""
    color = symbol.outline.color if symbol.outline else symbol.color
    return Paint(stroke=color, width=0.09, stroke_opacity=0.45)
