"""One map in its frame: areas and lines as their layers declare them, symbols of facilities, and all names."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import shapely
from shapely.geometry.base import BaseGeometry

from gis.feature import Feature, Precision
from gis.layer import Geometry, Layer, Theme
from gis.symbol import Fill, Marker, Plain, Stroke, symbol_for
from webmap import special
from webmap.paper import display, spread, symbols
from webmap.paper.display import MM, Box, Circle, Group, Item, Paint
from webmap.paper.frame import Frame

_SIMPLE = 0.06
_SMOOTH = 0.12
_BROAD = 0.06  # an area that takes more of the frame is drawn paler
_PALEST = 0.3
_NEARLY = 0.75  # share of the frame that a circle of uncertainty may take
_IN_FOCUS = 0.1  # share of an area within the focus from which on it is drawn
_HOLLOW = frozenset({Precision.TOWN, Precision.DISTRICT, Precision.CITY})
_UNSITED = frozenset({Precision.DISTRICT, Precision.CITY})
_ANGLES = (45, 135, 20, 110, 70, 160)
_GLOW = 2.6
_BEYOND = 10.0  # what lies farther outside the frame is cut off
_TIE = 0.9  # symbols that were moved farther are tied to their place by a line

Selected = Sequence[tuple[Layer, tuple[Feature, ...]]]


@dataclass(frozen=True)
class Drawn:
    """A feature in the frame: its layer, its symbol, its geometry on the page."""

    layer: Layer
    feature: Feature
    symbol: Plain
    geometry: BaseGeometry

    @property
    def name(self) -> str:
        return str(self.feature.properties["name"])

    def called(self, lang: str) -> str:
        """The name in a language, the Chinese one where there is no other."""
        english = self.feature.properties.get("name_en") if lang == "en" else None
        return str(english or self.name)

    @property
    def key(self) -> str:
        return f"{self.layer.id}/{self.feature.properties['key']}"

    @property
    def hollow(self) -> bool:
        """Whether the place is not known to a street or better."""
        return self.feature.properties.get("precision") in _HOLLOW


@dataclass(frozen=True)
class Facility:
    """A point symbol where it is drawn; `home` is its true place on the page."""

    drawn: Drawn
    x: float
    y: float
    home: tuple[float, float]

    @property
    def radius(self) -> float:
        assert isinstance(self.drawn.symbol, Marker)
        return self.drawn.symbol.size / 2 * MM


@dataclass(frozen=True)
class Plot:
    """What lies in a frame: areas and lines in drawing order, facilities, and those whose place is only a district."""

    frame: Frame
    shapes: tuple[Drawn, ...]
    facilities: tuple[Facility, ...]
    unsited: tuple[Drawn, ...]

    @cached_property
    def named(self) -> dict[tuple[str, Plain], list[str]]:
        """The names of what is drawn, by layer and symbol."""
        found: dict[tuple[str, Plain], list[str]] = {}
        for one in self.shapes:
            found.setdefault((one.layer.id, one.symbol), []).append(one.name)
        return found

    @cached_property
    def counts(self) -> Counter[tuple[str, Plain]]:
        """How many features are drawn, by layer and symbol."""
        drawn = [*self.shapes, *(one.drawn for one in self.facilities)]
        return Counter((one.layer.id, one.symbol) for one in drawn)


def plot(
    selected: Selected, frame: Frame, *, hidden: Box | None = None, focus: BaseGeometry | None = None
) -> Plot:
    """What of the features lies in a frame. Facilities in `hidden` are left out; with a `focus` (degrees), those
    outside it, too."""
    window = shapely.box(frame.box.left, frame.box.top, frame.box.right, frame.box.bottom)
    shapes, points, unsited = [], [], []
    for layer, features in selected:
        for one in _in_frame(layer, features, frame, window):
            if layer.geometry.dimension:
                shapes += [one] if focus is None or _concerns(one, focus) else []
            elif focus is not None and not shapely.intersects(focus, one.feature.geometry):
                continue
            elif one.feature.properties.get("precision") in _UNSITED:
                unsited += [one] if focus is not None or _fits(one, frame) else []
            elif hidden is None or not hidden.around(*_centre(one.geometry)):
                points.append(one)
    return Plot(frame, tuple(shapes), tuple(_spread(points)), tuple(unsited))


def _fits(one: Drawn, frame: Frame) -> bool:
    """Whether a facility of which only the area is known can be said to lie in the frame: that area does."""
    radius = one.feature.properties.get("radius_m")
    across = float(radius) * 1000 / frame.scale if isinstance(radius, (int, float)) else 0.0
    return across < _NEARLY * max(frame.box.width, frame.box.height)


def _concerns(one: Drawn, focus: BaseGeometry) -> bool:
    """Whether an area belongs on a sheet about another: the base does, and what lies in that other in good part."""
    geometry = one.feature.geometry
    if one.layer.theme is Theme.BASE or one.layer.geometry is not Geometry.POLYGON or geometry is None:
        return True
    return bool(shapely.intersection(geometry, focus).area > _IN_FOCUS * geometry.area)


def _in_frame(
    layer: Layer, features: Iterable[Feature], frame: Frame, window: BaseGeometry
) -> Iterator[Drawn]:
    held = [one for one in features if one.geometry is not None]
    if not held:
        return
    box, around = frame.bbox, shapely.buffer(window, _BEYOND, join_style="mitre")
    near = shapely.intersects(
        [one.geometry for one in held], shapely.box(box.west, box.south, box.east, box.north)
    )
    for one in (one for one, is_near in zip(held, near.tolist(), strict=True) if is_near):
        on_page = special.on_paper(layer, frame.to_page(one.geometry), frame.scale)
        if on_page.intersects(window):
            kept = shapely.intersection(on_page, around)
            yield Drawn(layer, one, symbol_for(layer.symbol, one.properties), kept)


def _centre(geometry: BaseGeometry) -> tuple[float, float]:
    point = shapely.centroid(geometry)
    return float(point.x), float(point.y)


def _spread(points: Sequence[Drawn]) -> Iterator[Facility]:
    ordered = sorted(points, key=lambda one: (-one.layer.order, one.key))
    homes = [_centre(one.geometry) for one in ordered]
    radii = [one.symbol.size / 2 * MM for one in ordered if isinstance(one.symbol, Marker)]
    for one, (x, y), home in zip(ordered, spread.apart(homes, radii), homes, strict=True):
        yield Facility(one, x, y, home)


# --- drawing ------------------------------------------------------------------------------------


def groups(plotted: Plot, focus: BaseGeometry | None = None) -> Iterator[Group]:
    """The drawing, a group a layer, in drawing order; what lies outside the `focus` is paled."""
    by_layer: dict[str, list[Drawn]] = {}
    for one in plotted.shapes:
        by_layer.setdefault(one.layer.id, []).append(one)
    clip = plotted.frame.box
    base = [found for found in by_layer.values() if found[0].layer.theme is Theme.BASE]
    rest = [found for found in by_layer.values() if found[0].layer.theme is not Theme.BASE]
    glow, boundaries = _boundaries(base)
    areas = [found for found in base if found[0].layer.geometry is Geometry.POLYGON]
    lines = [found for found in base if found[0].layer.geometry is not Geometry.POLYGON]
    for found in areas:
        yield Group(found[0].layer.id, [*_fills(found, dissolve=False), *_hatches(found, _ANGLES[0])], clip)
    yield Group("glow", glow, clip)
    for found in lines:
        yield Group(found[0].layer.id, _fills(found, dissolve=False), clip)
    yield Group("boundaries", boundaries, clip)
    for number, found in enumerate(rest):
        items = [*_fills(found, dissolve=True, room=clip), *_outlines(found, _ANGLES[number % len(_ANGLES)])]
        yield Group(found[0].layer.id, items, clip)
    if focus is not None:
        yield Group("veil", _veil(plotted.frame, focus), clip)
    yield Group("facilities", _facilities(plotted.facilities), clip)


def _fills(found: Sequence[Drawn], *, dissolve: bool, room: Box | None = None) -> Iterator[Item]:
    """The areas of each symbol; those of the structure as one, so that where they overlap is no darker, and the
    paler the more of the `room` they take."""
    by_symbol: dict[Plain, list[BaseGeometry]] = {}
    for one in found:
        if isinstance(one.symbol, Fill):
            by_symbol.setdefault(one.symbol, []).append(one.geometry)
        elif isinstance(one.symbol, Stroke):
            yield display.Shape(shapely.simplify(one.geometry, _SIMPLE), symbols.paint(one.symbol))
    ordered = sorted(by_symbol.items(), key=lambda pair: -sum(shape.area for shape in pair[1]))
    for symbol, shapes in ordered:
        filled = replace(symbols.paint(symbol), stroke=None)
        if filled.fill:
            for shape in [shapely.union_all(shapes)] if dissolve else shapes:
                opacity = filled.opacity * (1 if room is None else _paleness(shape, room))
                yield display.Shape(shapely.simplify(shape, _SIMPLE), replace(filled, opacity=opacity))


def _paleness(shape: BaseGeometry, room: Box) -> float:
    """What the opacity of an area is multiplied by, so that one that fills the frame does not drown it."""
    seen = shapely.intersection(shape, shapely.box(room.left, room.top, room.right, room.bottom))
    share = float(seen.area) / (room.width * room.height)
    return min(1.0, max(_PALEST, math.sqrt(_BROAD / max(share, 1e-9))))


def _outlines(found: Sequence[Drawn], angle: float) -> Iterator[Item]:
    for one in found:
        if not isinstance(one.symbol, Fill):
            continue
        painted = symbols.paint(one.symbol)
        if painted.stroke:
            yield display.Shape(shapely.simplify(one.geometry, _SIMPLE), replace(painted, fill=None))
    yield from _hatches(found, angle)


def _hatches(found: Sequence[Drawn], angle: float) -> Iterator[Item]:
    hatched: dict[Fill, list[BaseGeometry]] = {}
    for one in found:
        if isinstance(one.symbol, Fill) and one.symbol.hatched:
            hatched.setdefault(one.symbol, []).append(one.geometry)
    for symbol, shapes in hatched.items():
        lines = symbols.hatch(shapely.union_all(shapes), angle)
        yield display.Shape(lines, symbols.hatch_paint(symbol))


def _boundaries(base: Sequence[Sequence[Drawn]]) -> tuple[list[Item], list[Item]]:
    """The glow of the boundary drawn last, and every line between areas once: where two layers share a line, as
    that of the one drawn later."""
    drawn: list[tuple[BaseGeometry, Paint]] = []
    covered = shapely.MultiLineString()
    for found in reversed(base):
        outlined = [one for one in found if isinstance(one.symbol, Fill) and one.symbol.outline]
        if not outlined:
            continue
        edges = shapely.line_merge(shapely.union_all(shapely.boundary([one.geometry for one in outlined])))
        lines = shapely.difference(edges, shapely.buffer(covered, 0.25, quad_segs=2)) if drawn else edges
        covered = shapely.union_all([covered, shapely.simplify(edges, _SIMPLE)])
        merged = shapely.simplify(shapely.line_merge(lines), _SMOOTH)
        drawn.append((merged, replace(symbols.paint(outlined[0].symbol), fill=None)))
    glow: list[Item] = [
        display.Shape(lines, Paint(stroke=painted.stroke, width=_GLOW, stroke_opacity=0.13))
        for lines, painted in drawn[:1]
    ]
    return glow, [display.Shape(lines, painted) for lines, painted in reversed(drawn)]


def _veil(frame: Frame, focus: BaseGeometry) -> Iterator[Item]:
    window = shapely.box(frame.box.left, frame.box.top, frame.box.right, frame.box.bottom)
    outside = shapely.difference(window, shapely.simplify(frame.to_page(focus), _SIMPLE))
    if not outside.is_empty:
        yield display.Shape(outside, Paint(fill="#ffffff", opacity=0.55))


def _facilities(facilities: Sequence[Facility]) -> Iterator[Item]:
    tie = Paint(stroke="#555555", width=0.1)
    for one in facilities:
        if (one.x - one.home[0]) ** 2 + (one.y - one.home[1]) ** 2 > _TIE**2:
            yield display.Shape(shapely.LineString([one.home, (one.x, one.y)]), tie)
            yield Circle(*one.home, 0.22, Paint(fill="#555555"))
    for one in sorted(facilities, key=lambda one: (one.drawn.layer.order, one.y)):
        assert isinstance(one.drawn.symbol, Marker)
        yield symbols.marker(one.drawn.symbol, one.x, one.y, hollow=one.drawn.hollow)
