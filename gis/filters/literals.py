"""The values that a filter gives: numbers, days, instants, intervals, geometries, each checked."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from gis.expression import Call, GeometryLiteral, Interval, Literal, Node, Property, refuse, said
from gis.feature import Bbox
from gis.geometry import area_of, is_geographic, to_wgs84

MAX_VERTICES = 2000
NO_ARRAYS = "no array: there are no array properties here and no array functions"

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})\Z", re.I
)
# The types of geometries, and how deep their positions stand in lists.
KINDS = {
    "Point": 0,
    "LineString": 1,
    "MultiPoint": 1,
    "Polygon": 2,
    "MultiLineString": 2,
    "MultiPolygon": 3,
}


def number(value: object) -> int | float:
    """A finite number; one that no database holds as a whole number becomes a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        refuse(value, "a number")
    if isinstance(value, int) and abs(value) < 2**63:
        return value
    try:
        nearest = float(value)
    except OverflowError:
        nearest = math.inf
    if not math.isfinite(nearest):
        refuse(value, "a finite number")
    return nearest


def day(text: object) -> date:
    """A day, RFC 3339."""
    try:
        if isinstance(text, str) and _DAY.match(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    refuse(text, "a date such as 2021-12-31")


def instant(text: object) -> datetime:
    """An instant, RFC 3339, as UTC without a time zone."""
    try:
        if isinstance(text, str) and _INSTANT.match(text):
            return datetime.fromisoformat(text.upper()).astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        pass
    refuse(text, "a timestamp such as 2021-12-31T08:00:00Z")


def interval(start: Node, end: Node) -> Interval:
    """An interval of two properties, days, instants or open ends (`..`), that begins before it ends."""
    ends = _end(start), _end(end)
    match ends:
        case Literal(datetime() as first), Literal(datetime() as last):
            in_order = first <= last
        case Literal(date() as first), Literal(date() as last):
            in_order = str(first)[:10] <= str(last)[:10]
        case _:
            in_order = True
    if not in_order:
        refuse(f"INTERVAL('{first}', '{last}')", "an interval that begins before it ends")
    return Interval(*ends)


def _end(node: Node) -> Node | None:
    match node:
        case Literal(".."):
            return None
        case Literal(str() as text):
            return Literal(day(text) if _DAY.match(text) else instant(text))
        case Literal(date()) | Property() | Call():
            return node
    refuse(said(node), "a date, a timestamp, a property or '..' as an end of an interval")


def geometry(given: GeometryLiteral, crs: str) -> BaseGeometry:
    """A geometry literal in WGS-84, longitude first, two-dimensional. Raises `BadParameter`.

    A box that crosses the antimeridian has two parts. The parts of a collection are united; where they
    are of several dimensions it stays a collection.
    """
    place = _placed(given, crs)
    if shapely.get_num_coordinates(place) > MAX_VERTICES:
        refuse(f"{given.kind.upper()}(…)", f"at most {MAX_VERTICES} vertices")
    _check_in_world(given, place)
    if not place.is_valid:
        refuse(f"{given.kind.upper()}(…)", f"a valid geometry ({shapely.is_valid_reason(place)})")
    return place


def _check_in_world(given: GeometryLiteral, place: BaseGeometry) -> None:
    west, south, east, north = place.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        refuse(f"{given.kind.upper()}(…)", "coordinates in the world, in the axis order of filter-crs")


def _placed(given: GeometryLiteral, crs: str) -> BaseGeometry:
    match given:
        case GeometryLiteral("BBox", _):
            return _box(given, crs)
        case GeometryLiteral("GeometryCollection", parts):
            inner = [geometry(part, crs) for part in parts if isinstance(part, GeometryLiteral)]
            return shapely.union_all(inner)
        case GeometryLiteral(kind, coordinates):
            return to_wgs84(_made(kind, _positions(coordinates, KINDS[kind])), crs)


def _positions(part: object, levels: int) -> Any:
    """Coordinates that stand as deep as their type wants, without their heights."""
    if isinstance(part, tuple) and part and levels:
        return [_positions(inner, levels - 1) for inner in part]
    if (
        not isinstance(part, tuple)
        or len(part) not in (2, 3)
        or any(isinstance(value, tuple) for value in part)
    ):
        refuse(part, "positions of two or three numbers, nested as the type of the geometry wants")
    return [number(value) for value in part][:2]


def _made(kind: str, positions: Any) -> BaseGeometry:
    try:
        match kind:
            case "Polygon":
                return _polygon(positions)
            case "MultiPolygon":
                return shapely.MultiPolygon([_polygon(rings) for rings in positions])
            case _:
                return getattr(shapely, kind)(positions)
    except shapely.errors.ShapelyError:
        refuse(f"{kind.upper()}(…)", "lines of two positions or more")


def _polygon(rings: list[list[list[float]]]) -> BaseGeometry:
    for ring in rings:
        if len(ring) < 4 or ring[0] != ring[-1]:
            refuse("POLYGON(…)", "rings of four positions or more that end where they begin")
    return shapely.Polygon(rings[0], rings[1:])


def _box(given: GeometryLiteral, crs: str) -> BaseGeometry:
    """The area of a box, its edges straight in its own system."""
    if len(given.coordinates) not in (4, 6):
        refuse("BBOX(…)", "four or six numbers: the lower corner, then the upper")
    numbers = [number(value) for value in given.coordinates]
    half = len(numbers) // 2
    low, high = numbers[:2], numbers[half : half + 2]
    if is_geographic(crs):
        corners = to_wgs84(shapely.MultiPoint([low, high]), crs)
        _check_in_world(given, corners)
        (west, south), (east, north) = shapely.get_coordinates(corners).tolist()
        if south <= north:
            return shapely.union_all([part.geometry() for part in Bbox(west, south, east, north).parts()])
    elif low[0] <= high[0] and low[1] <= high[1]:
        return _not_beyond(given, area_of(Bbox(*low, *high), crs))
    refuse("BBOX(…)", "a lower corner that is not beyond the upper")


def _not_beyond(given: GeometryLiteral, area: BaseGeometry) -> BaseGeometry:
    if area.is_empty:
        refuse(f"{given.kind.upper()}(…)", "coordinates within the domain of filter-crs")
    return area
