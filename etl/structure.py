"""The corridor's structure: recipes over placed nodes, computed anew whenever the data are built.

Nothing here is surveyed. A recipe says how a shape is drawn from nodes that have a source; the shape
follows when a node moves. Shapes are computed in the plane of `etl.measure` and are the same each time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeAlias, assert_never

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from etl.measure import PLANE, to_degrees, to_metres
from etl.records import Document, Rejected, Row
from gis.errors import BadData
from gis.feature import Precision

Points: TypeAlias = npt.NDArray[np.float64]

# The source that a shape names beside its documents: the nodes that it is drawn from.
NODES_SOURCE = "recipe-nodes"

_STEP_M = 150.0
_SEGMENTS = 32
_TOLERANCE_M = 2.0
_TENSION = 0.75


@dataclass(frozen=True)
class Ring:
    """A circle of a stated area around one node."""

    area_km2: float


@dataclass(frozen=True)
class Ribbon:
    """A smooth line through nodes whose width goes evenly from that of its start to that of its end."""

    start_m: float
    end_m: float


@dataclass(frozen=True)
class Buffer:
    """A smooth line through nodes with the same width everywhere."""

    width_m: float


@dataclass(frozen=True)
class Hull:
    """The rounded hull of nodes: a circle around one, a capsule around two."""

    margin_m: float


@dataclass(frozen=True)
class Undrawn:
    """No shape: no source gives nodes for it."""


Recipe: TypeAlias = Ring | Ribbon | Buffer | Hull | Undrawn

_METHODS: Mapping[str, type[Recipe]] = {
    "ring": Ring,
    "ribbon": Ribbon,
    "buffer": Buffer,
    "hull": Hull,
    "none": Undrawn,
}
_NODES_NEEDED: Mapping[type[Recipe], tuple[int, float]] = {
    Ring: (1, 1),
    Ribbon: (2, math.inf),
    Buffer: (2, math.inf),
    Hull: (1, math.inf),
    Undrawn: (0, 0),
}


@dataclass(frozen=True)
class Node:
    """A point that a recipe refers to: what it is called there, its name, where it is in degrees."""

    reference: str
    name: str
    lon: float
    lat: float


@dataclass(frozen=True)
class Shape:
    """A declared shape: the layer it belongs to, its values, the references of its nodes, its recipe."""

    where: str
    layer: str
    values: Mapping[str, object]
    sources: tuple[str, ...]
    nodes: tuple[str, ...]
    recipe: Recipe


def declared(name: str, data: Mapping[str, Any]) -> Iterator[Shape]:
    """The shapes that a TOML file declares. Raises `BadData` naming the shape and what is wrong with it."""
    for number, entry in enumerate(data.get("shape", ()), start=1):
        where = f"{name}, shape {number} ({entry.get('key', 'no key')})"
        rest = dict(entry)
        try:
            layer, sources, recipe = rest.pop("layer"), rest.pop("sources"), dict(rest.pop("recipe"))
            nodes = tuple(recipe.pop("nodes", ()))
            yield Shape(where, layer, rest, tuple(sources), nodes, _recipe(where, recipe, len(nodes)))
        except KeyError as error:
            raise BadData(where, f"no {error}: expected layer, sources and recipe") from None


def _recipe(where: str, table: Mapping[str, Any], nodes: int) -> Recipe:
    parameters = dict(table)
    method = _METHODS.get(parameters.pop("method", ""))
    if method is None:
        raise BadData(where, f"method={table.get('method')!r}: expected one of {', '.join(_METHODS)}")
    expected = {field.name for field in fields(method)}
    if parameters.keys() != expected:
        raise BadData(where, f"recipe has {_listed(parameters)}: expected {_listed(expected)}")
    for name, value in parameters.items():
        if type(value) not in (int, float) or not 0 < value < 1e6:
            raise BadData(where, f"{name}={value!r}: expected a number above 0")
    least, most = _NODES_NEEDED[method]
    if not least <= nodes <= most:
        raise BadData(where, f"{nodes} nodes: expected {least}{'' if most == least else ' or more'}")
    return method(**parameters)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "no parameters"


def rows(
    shapes: Iterable[Shape], find: Callable[[str], Node | None], documents: Mapping[str, Document]
) -> Iterator[tuple[str, Row | Rejected]]:
    """Each shape with its layer as a row, drawn through the nodes that `find` knows, all of them."""
    for shape in shapes:
        found = {reference: find(reference) for reference in shape.nodes}
        missing = [reference for reference, node in found.items() if node is None]
        if missing:
            row = Row(shape.where, {**shape.values, "node": missing[0]})
            yield shape.layer, Rejected(row, "node", "a place, town or district that is known")
        else:
            yield shape.layer, _row(shape, [node for node in map(found.get, shape.nodes) if node], documents)


def _row(shape: Shape, nodes: Sequence[Node], documents: Mapping[str, Document]) -> Row:
    derived = {
        "precision": Precision.SCHEMATIC.value,
        "position_source": "示意：按作图方法由节点推得，非测绘界线" if nodes else "无来源，未绘制",
        "source": "|".join([*shape.sources, *_nodes_source(nodes)]),
        "as_of": _newest(shape, documents),
        "visibility": "public",
        "recipe": text(shape.recipe, nodes),
    }
    return Row(shape.where, {**derived, **shape.values}, draw(shape.recipe, nodes))


def _nodes_source(nodes: Iterable[Node]) -> Iterator[str]:
    references = ",".join(node.reference for node in nodes)
    if references:
        yield f"{NODES_SOURCE}#{references}"


def _newest(shape: Shape, documents: Mapping[str, Document]) -> object:
    dates = [documents[name].date for name in _documents_of(shape) if name in documents]
    return max(dates, default=None)


def _documents_of(shape: Shape) -> Iterator[str]:
    for source in shape.sources:
        yield source.partition("#")[0]


def text(recipe: Recipe, nodes: Iterable[Node]) -> str:
    """The recipe in words: method, parameters, plane, nodes by name."""
    names = "、".join(node.name for node in nodes)
    match recipe:
        case Ring(area):
            return f"圆：以{names}为圆心，面积 {area:g} km²（{PLANE}）"
        case Ribbon(start, end):
            widths = f"宽由 {start:g} m 渐变为 {end:g} m"
            return f"渐窄条带：平滑曲线依次过节点，{widths}（{PLANE}）。节点：{names}"
        case Buffer(width):
            return f"等宽条带：平滑曲线依次过节点，宽 {width:g} m（{PLANE}）。节点：{names}"
        case Hull(margin):
            return f"圆滑外包：节点凸包外扩 {margin:g} m（{PLANE}）。节点：{names}"
        case Undrawn():
            return "无来源，未绘制"
        case _:
            assert_never(recipe)


def draw(recipe: Recipe, nodes: Iterable[Node]) -> BaseGeometry | None:
    """The shape of a recipe in degrees, None when it draws nothing."""
    degrees = [(node.lon, node.lat) for node in nodes]
    if isinstance(recipe, Undrawn):
        return None
    points = shapely.get_coordinates(to_metres(shapely.MultiPoint(degrees)))
    moves = np.concatenate([[True], np.any(np.diff(points, axis=0) != 0, axis=1)])
    return to_degrees(shapely.simplify(_plane_shape(recipe, points[moves]), _TOLERANCE_M))


def _plane_shape(recipe: Ring | Ribbon | Buffer | Hull, points: Points) -> BaseGeometry:
    match recipe:
        case Ring(area):
            return shapely.Point(points[0]).buffer(_radius(area * 1e6), quad_segs=_SEGMENTS)
        case Ribbon(start) if len(points) == 1:
            return shapely.Point(points[0]).buffer(start / 2, quad_segs=_SEGMENTS)
        case Ribbon(start, end):
            return _ribbon(smoothed(points), start, end)
        case Buffer(width) if len(points) == 1:
            return shapely.Point(points[0]).buffer(width / 2, quad_segs=_SEGMENTS)
        case Buffer(width):
            return shapely.LineString(smoothed(points)).buffer(width / 2, quad_segs=_SEGMENTS)
        case Hull(margin):
            return shapely.MultiPoint(points).convex_hull.buffer(margin, quad_segs=_SEGMENTS)
        case _:
            assert_never(recipe)


def _radius(area: float) -> float:
    """The radius at which the polygon that stands for a circle has this area."""
    corners = 4 * _SEGMENTS
    return math.sqrt(2 * area / (corners * math.sin(2 * math.pi / corners)))


def _ribbon(line: Points, start: float, end: float) -> BaseGeometry:
    """The hulls of neighbouring discs along a line, as one: round ends, never a fold in a sharp bend."""
    way = np.concatenate([[0.0], np.hypot(*np.diff(line, axis=0).T).cumsum()])
    radii = (start + (end - start) * way / way[-1]) / 2
    discs = shapely.buffer(shapely.points(line), radii, quad_segs=_SEGMENTS)
    pairs = shapely.geometrycollections(np.column_stack([discs[:-1], discs[1:]]))
    return shapely.union_all(shapely.convex_hull(pairs))


def smoothed(points: Points) -> Points:
    """A curve through all points (cubic Hermite), its tangents short enough not to swing out at a bend."""
    steps = np.diff(points, axis=0)
    spans = np.sqrt(np.hypot(*steps.T))[:, None]  # centripetal: uneven distances make no loops
    slopes = steps / spans
    inner = (slopes[:-1] * spans[1:] + slopes[1:] * spans[:-1]) / (spans[:-1] + spans[1:])
    tangents = np.vstack([slopes[:1], inner * _TENSION, slopes[-1:]])
    parts = [_hermite(points[i : i + 2], tangents[i : i + 2] * spans[i]) for i in range(len(steps))]
    return np.vstack([*parts, points[-1:]])


def _hermite(ends: Points, tangents: Points) -> Points:
    """The curve from one end to just before the other."""
    count = max(2, math.ceil(math.dist(*ends) / _STEP_M))
    t = np.linspace(0, 1, count, endpoint=False)[:, None]
    near, far = (1 + 2 * t) * (1 - t) ** 2, t**2 * (3 - 2 * t)
    leaving, arriving = t * (1 - t) ** 2, t**2 * (t - 1)
    curve: Points = near * ends[0] + far * ends[1] + leaving * tangents[0] + arriving * tangents[1]
    return curve
