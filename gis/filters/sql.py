"""Expression → SQLAlchemy. Every operand has a kind, checked against the fields of the layer; every value is bound.

Where a day meets an instant, both are compared as days (UTC). A number that is not whole, and whatever
arithmetic gives, is double precision.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum, StrEnum
from typing import Any, TypeAlias

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Double,
    Table,
    Unicode,
    and_,
    cast,
    false,
    literal,
    not_,
    or_,
    true,
)
from sqlalchemy.types import TypeEngine

from gis import database, functions
from gis.database import Wildcard
from gis.expression import Call, Filter, GeometryLiteral, Interval, Literal, Node, Property, refuse, said
from gis.feature import Bbox
from gis.filters import literals
from gis.layer import Layer, Type
from gis.tables import table

GEOMETRY = "geometry"
MAX_PATTERN = 1000  # characters of LIKE

Truth = ColumnElement[bool]


class Kind(StrEnum):
    """What an operand is, in the words of messages."""

    TEXT = "a text"
    INTEGER = "a whole number"
    NUMBER = "a number"
    BOOLEAN = "true or false"
    DAY = "a date"
    INSTANT = "a timestamp"
    GEOMETRY = "a geometry"


_FIELD_KINDS = {
    Type.TEXT: Kind.TEXT,
    Type.INTEGER: Kind.INTEGER,
    Type.NUMBER: Kind.NUMBER,
    Type.BOOLEAN: Kind.BOOLEAN,
    Type.DATE: Kind.DAY,
    Type.DATETIME: Kind.INSTANT,
}
_TYPES: dict[Kind, TypeEngine[Any]] = {
    Kind.TEXT: Unicode(),
    Kind.INTEGER: BigInteger(),
    Kind.NUMBER: Double(),
    Kind.BOOLEAN: Boolean(),
    Kind.DAY: Date(),
    Kind.INSTANT: DateTime(),
}
_NUMBERS = frozenset({Kind.INTEGER, Kind.NUMBER})
_TIMES = frozenset({Kind.DAY, Kind.INSTANT})


@dataclass(frozen=True)
class Operand:
    """A value in a statement. `value` is what it is where that is known without the database."""

    node: Node
    kind: Kind
    sql: ColumnElement[Any]
    value: Any = None


@dataclass(frozen=True)
class Target:
    """What a filter is translated for. `indexed` says that a row may be left out by the index alone:
    not below NOT, where what the index leaves out would come back."""

    layer: Layer
    dialect: str
    crs: str
    indexed: bool = True

    @property
    def table(self) -> Table:
        return table(self.layer)


def condition(filter: Filter, layer: Layer, dialect: str) -> Truth:
    """The condition that a filter puts on the rows of a layer. Raises `BadParameter`."""
    return _truth(Target(layer, dialect, filter.crs), filter.root)


def _truth(target: Target, node: Node) -> Truth:
    """A predicate, or a property or value that is true or false."""
    match node:
        case Call(op, args) if predicate := _PREDICATES.get(op):
            return predicate(target, op, args)
        case _:
            return _of_kind(target, node, {Kind.BOOLEAN}, "a predicate").sql


def _and(target: Target, op: str, args: Sequence[Node]) -> Truth:
    _several(op, args, at_least=2)
    return and_(*(_truth(target, arg) for arg in args))


def _or(target: Target, op: str, args: Sequence[Node]) -> Truth:
    _several(op, args, at_least=2)
    return or_(*(_truth(target, arg) for arg in args))


def _not(target: Target, op: str, args: Sequence[Node]) -> Truth:
    _exactly(1, op, args)
    return not_(_truth(replace(target, indexed=False), args[0]))


def _is_null(target: Target, op: str, args: Sequence[Node]) -> Truth:
    _exactly(1, op, args)
    match args[0]:
        case Call(inner) if inner in _PREDICATES:
            return _truth(replace(target, indexed=False), args[0]).is_(None)
        case GeometryLiteral():
            return false()
        case Interval(start, end):
            ends = [_of_kind(target, end, _TIMES, "a date or a timestamp") for end in (start, end) if end]
            return or_(false(), *(end.sql.is_(None) for end in ends))
        case node:
            return _operand(target, node).sql.is_(None)


def _compare(target: Target, op: str, args: Sequence[Node]) -> Truth:
    _exactly(2, op, args)
    left, right = _alike(target, args)
    if left.kind is Kind.BOOLEAN and op not in _EQUALITY:
        refuse(said(Call(op, tuple(args))), "values that have an order, not true or false")
    if left.kind is Kind.TEXT and op not in _EQUALITY:
        return _COMPARISONS[op](database.ordered(target.dialect, left.sql), right.sql)
    return _COMPARISONS[op](left.sql, right.sql)


_COMPARISONS: dict[str, Callable[[Any, Any], Truth]] = {
    "=": lambda left, right: left == right,
    "<>": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}
_EQUALITY = frozenset({"=", "<>"})


def _between(target: Target, op: str, args: Sequence[Node]) -> Truth:
    _exactly(3, op, args)
    value, low, high = _alike(target, args)
    if value.kind is Kind.BOOLEAN:
        refuse(said(Call(op, tuple(args))), "values that have an order, not true or false")
    if value.kind is Kind.TEXT:
        return database.ordered(target.dialect, value.sql).between(low.sql, high.sql)
    return value.sql.between(low.sql, high.sql)


def _in(target: Target, op: str, args: Sequence[Node]) -> Truth:
    _several(op, args, at_least=2)
    value, *items = _alike(target, args)
    return value.sql.in_([item.sql for item in items])


def _like(target: Target, op: str, args: Sequence[Node]) -> Truth:
    _exactly(2, op, args)
    value = _of_kind(target, args[0], {Kind.TEXT}, f"a text before LIKE {said(args[1])}")
    pattern = _pattern(args[1])
    if sum(1 if isinstance(part, Wildcard) else len(part) for part in pattern) > MAX_PATTERN:
        refuse(f"LIKE {said(args[1])}", f"a pattern of at most {MAX_PATTERN} characters")
    return database.matches(target.dialect, value.sql, pattern)


def _pattern(node: Node) -> list[Wildcard | str]:
    """The parts of a pattern. A backslash takes its meaning from a wildcard or a backslash, and else stays."""
    match node:
        case Literal(str() as text):
            _check_text(text)
            return [_MEANINGS.get(part, part) for part in re.split(r"(\\[\\%_]|%|_)", text) if part]
        case Call("casei" | "accenti" as name, (inner,)):
            fold = _FOLDS[name]
            return [part if isinstance(part, Wildcard) else fold(part) for part in _pattern(inner)]
    refuse(f"LIKE {said(node)}", "a pattern: a text, or CASEI or ACCENTI of one")


_MEANINGS: dict[str, Wildcard | str] = {
    "%": Wildcard.MANY,
    "_": Wildcard.ONE,
    r"\%": "%",
    r"\_": "_",
    r"\\": "\\",
}
_FOLDS: dict[str, Callable[[str], str]] = {"casei": functions.casei, "accenti": functions.accenti}


# --- Space ------------------------------------------------------------------------------------


def _spatial(target: Target, op: str, args: Sequence[Node]) -> Truth:
    _exactly(2, op, args)
    left, right = (_of_kind(target, arg, {Kind.GEOMETRY}, f"a geometry in {op.upper()}") for arg in args)
    if op == "s_disjoint":
        return not_(_related(replace(target, indexed=False), "Intersects", left, right))
    return _related(target, _RELATIONS[op], left, right)


_RELATIONS = {
    "s_intersects": "Intersects",
    "s_equals": "Equals",
    "s_touches": "Touches",
    "s_crosses": "Crosses",
    "s_within": "Within",
    "s_contains": "Contains",
    "s_overlaps": "Overlaps",
}


def _related(target: Target, relation: str, left: Operand, right: Operand) -> Truth:
    """Whether two geometries are related. A collection intersects what one of its parts intersects;
    the databases do not know the other relations of collections."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one.value, shapely.GeometryCollection):
            if relation != "Intersects":
                refuse(said(one.node), f"parts of one dimension in S_{relation.upper()}")
            parts = [_place(one.node, part) for part in _by_dimension(one.value)]
            return or_(*(_related(target, relation, part, other) for part in parts))
    found = database.related(target.dialect, relation, left.sql, right.sql)
    known = [operand.value for operand in (left, right) if operand.value is not None]
    if not target.indexed or len(known) != 1:
        return found
    return and_(database.near(target.dialect, target.table, Bbox(*known[0].bounds)), found)


def _by_dimension(collection: shapely.GeometryCollection) -> list[BaseGeometry]:
    """The points of a collection as one geometry, its lines, its areas: those that there are."""
    parts = shapely.get_parts(collection)
    dimensions = shapely.get_dimensions(parts)
    return [shapely.union_all(parts[dimensions == dimension]) for dimension in sorted(set(dimensions))]


def _place(node: Node, place: BaseGeometry) -> Operand:
    return Operand(node, Kind.GEOMETRY, database.geometry_value(place), place)  # type: ignore[arg-type]


# --- Time -------------------------------------------------------------------------------------


class Open(Enum):
    """The ends of time, where an interval is open."""

    PAST = "before any instant"
    FUTURE = "after any instant"


End: TypeAlias = Operand | Open


@dataclass(frozen=True)
class Span:
    """The two ends of an interval, or an instant twice."""

    start: End
    end: End


def _temporal(target: Target, op: str, args: Sequence[Node]) -> Truth:
    """The relations of closed intervals (Allen's); an instant is taken by those that the standard allows it."""
    _exactly(2, op, args)
    if op not in _OF_INSTANTS and not all(isinstance(arg, Interval) for arg in args):
        refuse(
            said(Call(op, tuple(args))),
            f"two intervals; instants are taken by {', '.join(_OF_INSTANTS).upper()}",
        )
    first, second = _same_units(target, [_span(target, op, arg) for arg in args])
    return _TEMPORAL[op](first, second)


def _span(target: Target, op: str, node: Node) -> Span:
    expected = f"a date, a timestamp or an interval of these in {op.upper()}"
    match node:
        case Interval(start, end):
            return Span(
                Open.PAST if start is None else _of_kind(target, start, _TIMES, expected),
                Open.FUTURE if end is None else _of_kind(target, end, _TIMES, expected),
            )
        case _:
            instant = _of_kind(target, node, _TIMES, expected)
            return Span(instant, instant)


def _same_units(target: Target, spans: Sequence[Span]) -> list[Span]:
    """The spans, all in days when one of their ends is a day."""
    ends = [end for span in spans for end in (span.start, span.end) if isinstance(end, Operand)]
    if len({end.kind for end in ends}) < 2:
        return list(spans)
    return [Span(_in_days(target, span.start), _in_days(target, span.end)) for span in spans]


def _in_days(target: Target, end: End) -> End:
    return end if isinstance(end, Open) else _converted(target, end, Kind.DAY)


def _less(left: End, right: End) -> Truth:
    match left, right:
        case Operand(), Operand():
            return left.sql < right.sql
        case Operand(), Open():
            return _if_known(left, right is Open.FUTURE)
        case Open(), Operand():
            return _if_known(right, left is Open.PAST)
        case _:
            return true() if (left, right) == (Open.PAST, Open.FUTURE) else false()


def _equal(left: End, right: End) -> Truth:
    match left, right:
        case Operand(), Operand():
            return left.sql == right.sql
        case (Operand() as end, Open()) | (Open(), Operand() as end):
            return _if_known(end, False)
        case _:
            return true() if left is right else false()


def _if_known(end: Operand, truth: bool) -> Truth:
    """A truth that is NULL where the end is."""
    return end.sql == end.sql if truth else end.sql != end.sql


def _before(first: Span, second: Span) -> Truth:
    return _less(first.end, second.start)


def _disjoint(first: Span, second: Span) -> Truth:
    return or_(_before(first, second), _before(second, first))


def _intersects(first: Span, second: Span) -> Truth:
    return not_(_disjoint(first, second))


def _equals(first: Span, second: Span) -> Truth:
    return and_(_equal(first.start, second.start), _equal(first.end, second.end))


def _during(first: Span, second: Span) -> Truth:
    return and_(_less(second.start, first.start), _less(first.end, second.end))


def _starts(first: Span, second: Span) -> Truth:
    return and_(_equal(first.start, second.start), _less(first.end, second.end))


def _finishes(first: Span, second: Span) -> Truth:
    return and_(_less(second.start, first.start), _equal(first.end, second.end))


def _meets(first: Span, second: Span) -> Truth:
    return _equal(first.end, second.start)


def _overlaps(first: Span, second: Span) -> Truth:
    return and_(
        _less(first.start, second.start), _less(second.start, first.end), _less(first.end, second.end)
    )


Relation: TypeAlias = Callable[[Span, Span], Truth]


def _inverse(relation: Relation) -> Relation:
    return lambda first, second: relation(second, first)


_TEMPORAL: dict[str, Relation] = {
    "t_before": _before,
    "t_after": _inverse(_before),
    "t_disjoint": _disjoint,
    "t_intersects": _intersects,
    "t_equals": _equals,
    "t_during": _during,
    "t_contains": _inverse(_during),
    "t_starts": _starts,
    "t_startedby": _inverse(_starts),
    "t_finishes": _finishes,
    "t_finishedby": _inverse(_finishes),
    "t_meets": _meets,
    "t_metby": _inverse(_meets),
    "t_overlaps": _overlaps,
    "t_overlappedby": _inverse(_overlaps),
}
_OF_INSTANTS = ("t_before", "t_after", "t_disjoint", "t_intersects", "t_equals")


# --- Values -----------------------------------------------------------------------------------


def _operand(target: Target, node: Node) -> Operand:
    """A value: a property, a literal, or what a function makes of them."""
    match node:
        case Property(name):
            return _property(target, node, name)
        case Literal(value):
            return _literal(node, value)
        case GeometryLiteral():
            return _place(node, literals.geometry(node, target.crs))
        case Interval():
            refuse(said(node), "an interval in T_ functions alone")
        case Call(op, args) if op in _FOLDS:
            return _folded(target, node, op, args)
        case Call(op, args) if op in functions.OPERATORS:
            return _calculated(target, node, op, args)
        case Call(op) if op in _PREDICATES:
            refuse(said(node), "a value here, not a predicate")
        case Call(op) if op.startswith("a_"):
            refuse(said(node), literals.NO_ARRAYS)
        case Call(op):
            refuse(f"{op}(…)", "no function but CASEI, ACCENTI, S_… and T_…")


def _property(target: Target, node: Node, name: str) -> Operand:
    if name == GEOMETRY:
        return Operand(node, Kind.GEOMETRY, target.table.c.geometry)
    fields = {field.name: field for field in target.layer.all_fields}
    if name not in fields:
        refuse(name, f"a property of {target.layer.id}: {', '.join((GEOMETRY, *fields))}")
    return Operand(node, _FIELD_KINDS[fields[name].type], target.table.c[name])


def _literal(node: Node, value: Any) -> Operand:
    """A value that is known, bound with its type."""
    match value:
        case bool():
            kind = Kind.BOOLEAN
        case int():
            kind = Kind.INTEGER
        case float():
            kind = Kind.NUMBER
        case datetime():
            kind = Kind.INSTANT
        case date():
            kind = Kind.DAY
        case _:
            kind = Kind.TEXT
            _check_text(value)
    return Operand(node, kind, literal(value, _TYPES[kind]), value)


def _check_text(text: str) -> None:
    """Refuse what no database can hold: NUL, and half of a pair of surrogates."""
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        refuse(repr(text), "a text of Unicode characters without NUL")


def _folded(target: Target, node: Node, op: str, args: Sequence[Node]) -> Operand:
    _exactly(1, op, args)
    text = _of_kind(target, args[0], {Kind.TEXT}, f"a text in {op.upper()}")
    if text.value is not None:
        return _literal(node, _FOLDS[op](text.value))
    return Operand(node, Kind.TEXT, database.called(target.dialect, op, text.sql, returns=Unicode()))


def _calculated(target: Target, node: Node, op: str, args: Sequence[Node]) -> Operand:
    _exactly(2, op, args)
    left, right = (_of_kind(target, arg, _NUMBERS, f"a number in {said(node)}") for arg in args)
    if left.value is not None and right.value is not None:
        result = functions.calculate(float(left.value), op, float(right.value))
        if result is not None:
            return _literal(node, result)
    left, right = (_converted(target, operand, Kind.NUMBER) for operand in (left, right))
    sql = database.called(target.dialect, "calculate", left.sql, literal(op), right.sql, returns=Double())
    return Operand(node, Kind.NUMBER, sql)


def _alike(target: Target, nodes: Sequence[Node]) -> list[Operand]:
    """Operands of one kind, so that both databases compare them in one way."""
    operands = [_operand(target, node) for node in nodes]
    first, kinds = operands[0], {operand.kind for operand in operands}
    for operand in operands:
        if operand.kind is Kind.GEOMETRY:
            refuse(said(operand.node), "S_ functions where geometries are compared")
        if not any({first.kind, operand.kind} <= kind for kind in (_NUMBERS, _TIMES, {first.kind})):
            refuse(said(operand.node), f"{first.kind} to compare with {said(first.node)}")
    if len(kinds) == 1:
        return operands
    return [_converted(target, operand, _common(operands)) for operand in operands]


def _common(operands: Sequence[Operand]) -> Kind:
    """The kind in which numbers, or days and instants, are compared."""
    if operands[0].kind in _TIMES:
        return Kind.DAY
    whole = all(operand.kind is Kind.INTEGER or _is_whole(operand.value) for operand in operands)
    return Kind.INTEGER if whole else Kind.NUMBER


def _is_whole(value: Any) -> bool:
    return isinstance(value, float) and value.is_integer() and abs(value) < 2**53


def _converted(target: Target, operand: Operand, kind: Kind) -> Operand:
    if operand.kind is kind:
        return operand
    if operand.value is not None:
        return _literal(operand.node, _CONVERSIONS[kind](operand.value))
    if kind is Kind.DAY:
        return replace(operand, kind=kind, sql=database.day_of(target.dialect, operand.sql))
    return replace(operand, kind=kind, sql=cast(operand.sql, _TYPES[kind]))


_CONVERSIONS: dict[Kind, Callable[[Any], Any]] = {
    Kind.INTEGER: int,
    Kind.NUMBER: float,
    Kind.DAY: lambda instant: instant.date(),
}


def _of_kind(target: Target, node: Node, kinds: Collection[Kind], expected: str) -> Operand:
    operand = _operand(target, node)
    if operand.kind not in kinds:
        refuse(f"{said(node)} ({operand.kind})", expected)
    return operand


def _exactly(count: int, op: str, args: Sequence[Node]) -> None:
    if len(args) != count:
        refuse(f"{op.upper()} with {len(args)} operands", f"{count}")


def _several(op: str, args: Sequence[Node], at_least: int) -> None:
    if len(args) < at_least:
        refuse(f"{op.upper()} with {len(args)} operands", f"{at_least} or more")


Predicate: TypeAlias = Callable[[Target, str, Sequence[Node]], Truth]

_PREDICATES: dict[str, Predicate] = {
    "and": _and,
    "or": _or,
    "not": _not,
    "isnull": _is_null,
    "like": _like,
    "between": _between,
    "in": _in,
    **dict.fromkeys(_COMPARISONS, _compare),
    **dict.fromkeys((*_RELATIONS, "s_disjoint"), _spatial),
    **dict.fromkeys(_TEMPORAL, _temporal),
}
