"""CQL2 JSON → expression. The encoding is that of the standard (OGC 21-065r2, annex C)."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from gis.expression import MAX_DEPTH, Call, GeometryLiteral, Literal, Node, Property, refuse
from gis.filters import literals

_EXPECTED = 'an object with "op" and "args", "property", "date", "timestamp", "interval", "type" or "bbox"'
_MAX_LEVELS = 4  # of lists in coordinates


def parse(text: str) -> Node:
    """The expression that a JSON text means. Raises `BadParameter`."""
    try:
        return _node(json.loads(text, parse_constant=_no_constant), MAX_DEPTH)
    except (ValueError, RecursionError):
        refuse(text, "JSON that can be read")


def _no_constant(name: str) -> NoReturn:
    refuse(name, "a finite number")


def _node(value: Any, levels: int) -> Node:
    if not levels:
        refuse("…", f"expressions at most {MAX_DEPTH} deep")
    match value:
        case bool() | str():
            return Literal(value)
        case int() | float():
            return Literal(literals.number(value))
        case {"op": str(op), "args": [*args]}:
            return _call(op.lower(), args, levels - 1)
        case {"property": str(name)}:
            return Property(name)
        case {"date": day}:
            return Literal(literals.day(day))
        case {"timestamp": instant}:
            return Literal(literals.instant(instant))
        case {"interval": [start, end]}:
            return literals.interval(_node(start, levels - 1), _node(end, levels - 1))
        case {"type": str()} | {"bbox": list()}:
            return _geometry(value)
        case list():
            refuse(value, literals.NO_ARRAYS)
    refuse(value, _EXPECTED)


def _call(op: str, args: list[Any], levels: int) -> Node:
    match op, args:
        case "in", [item, [*items]] if items:
            return Call(op, tuple(_node(arg, levels) for arg in (item, *items)))
        case "in", _:
            refuse(f"in {args}", "a value and a list of values")
        case _:
            return Call(op, tuple(_node(arg, levels) for arg in args))


def _geometry(value: dict[str, Any]) -> GeometryLiteral:
    match value:
        case {"type": "GeometryCollection", "geometries": [*parts]} if parts:
            return GeometryLiteral("GeometryCollection", tuple(_simple_geometry(part) for part in parts))
        case {"type": _}:
            return _simple_geometry(value)
        case {"bbox": [*numbers]}:
            return GeometryLiteral("BBox", tuple(numbers))
    refuse(value, "a GeoJSON geometry")


def _simple_geometry(value: Any) -> GeometryLiteral:
    match value:
        case {"type": str(kind), "coordinates": [*coordinates]} if kind in literals.KINDS:
            return GeometryLiteral(kind, tuple(_frozen(part, _MAX_LEVELS) for part in coordinates))
    refuse(value, f"a GeoJSON geometry: {', '.join(literals.KINDS)} or a GeometryCollection of these")


def _frozen(part: Any, levels: int) -> object:
    if isinstance(part, list):
        if not levels:
            refuse(part, "coordinates nested as the type of the geometry wants")
        return tuple(_frozen(inner, levels - 1) for inner in part)
    return literals.number(part)
