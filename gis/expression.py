"""What a filter says: CQL2 as a tree of values, whatever its encoding. Knows no layer and no database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import NoReturn, TypeAlias

from gis.errors import BadParameter

MAX_DEPTH = 32
MAX_NODES = 800  # a chain of as many operands stays below the depth of 1000 that SQLite allows
_SAID = 100

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


@dataclass(frozen=True)
class Property:
    """A property of the feature, by its name."""

    name: str


@dataclass(frozen=True)
class Literal:
    """A text, a number, a truth value, a day, or an instant (in UTC, without a time zone)."""

    value: str | int | float | bool | date | datetime


@dataclass(frozen=True)
class GeometryLiteral:
    """A geometry as it was given: its GeoJSON type, or BBox, and its coordinates as nested tuples."""

    kind: str
    coordinates: tuple[object, ...]


@dataclass(frozen=True)
class Interval:
    """A span of time, both ends included; None is an open end."""

    start: Node | None
    end: Node | None


@dataclass(frozen=True)
class Call:
    """An operator or a function, named as in CQL2 JSON but in small letters, with its operands.

    `in` has what is looked for first, then the list. The second operand of `like` is the pattern.
    """

    op: str
    args: tuple[Node, ...]


Node: TypeAlias = Property | Literal | GeometryLiteral | Interval | Call


@dataclass(frozen=True)
class Filter:
    """A predicate on features, and the CRS (a URI) of the coordinates in it."""

    root: Node
    crs: str = CRS84


def refuse(said: object, expected: str) -> NoReturn:
    """Raise `BadParameter` for a part of a filter, cut to a length that can be read."""
    text = str(said)
    raise BadParameter("filter", text if len(text) <= _SAID else f"{text[:_SAID]}…", expected)


def check_size(root: Node) -> None:
    """Refuse a tree that is too deep or too large. Goes level by level: no depth can exhaust the stack."""
    level, nodes = [root], 0
    for _ in range(MAX_DEPTH):
        nodes += len(level)
        if nodes > MAX_NODES:
            refuse("…", f"at most {MAX_NODES} operators, properties and values")
        level = [child for node in level for child in _children(node)]
    if level:
        refuse("…", f"expressions at most {MAX_DEPTH} deep")


def _children(node: Node) -> Iterator[Node]:
    match node:
        case Call(_, args):
            yield from args
        case Interval(start, end):
            yield from (part for part in (start, end) if part is not None)


def said(node: Node) -> str:
    """A node in words like those of CQL2 text, for messages."""
    match node:
        case Property(name):
            return name
        case Literal(bool() as value):
            return str(value).upper()
        case Literal(datetime() as value):
            return f"TIMESTAMP('{value.isoformat()}Z')"
        case Literal(date() as value):
            return f"DATE('{value.isoformat()}')"
        case Literal(value):
            return repr(value)
        case GeometryLiteral(kind, _):
            return f"{kind.upper()}(…)"
        case Interval(start, end):
            return f"INTERVAL({_end(start)}, {_end(end)})"
        case Call(op, (left, right)) if not op.isidentifier() or op in ("like", "and", "or", "div"):
            return f"{said(left)} {op.upper()} {said(right)}"
        case Call(op, args):
            return f"{op.upper()}({', '.join(map(said, args))})"


def _end(node: Node | None) -> str:
    return "'..'" if node is None else said(node)
