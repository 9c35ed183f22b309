"""How many features there are of each value, and of each source; counted by the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, func, select

from gis.database import dialect_of
from gis.feature import Query
from gis.layer import Layer
from gis.repository import conditions
from gis.tables import table


def by_value(connection: Connection, layer: Layer, field: str, query: Query) -> dict[object, int]:
    """How many of the features that satisfy a query have each value of a field; None counts those without.

    The values of a coded field come in the order of its codes, others by how many there are of them.
    """
    t = table(layer)
    wanted = select(t.c[field], func.count()).where(*conditions(layer, query, dialect_of(connection)))
    found = {row[0]: int(row[1]) for row in connection.execute(wanted.group_by(t.c[field]))}
    codes = [value.code for value in layer.field(field).values]
    order = {code: place for place, code in enumerate(codes)}
    return dict(sorted(found.items(), key=lambda item: _place(item, order)))


def _place(item: tuple[object, int], order: dict[str | int, int]) -> tuple[int, int, str]:
    code, count = item
    place = order.get(code, len(order)) if isinstance(code, str | int) else len(order) + 1
    return place, -count, str(code)


def by_source(counted: Iterable[tuple[object, int]]) -> dict[str, int]:
    """How many features name each document, from how many have each `source`; the most named first."""
    found: dict[str, int] = {}
    for cited, count in counted:
        for document in {one.partition("#")[0] for one in str(cited or "").split("|")} - {""}:
            found[document] = found.get(document, 0) + count
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def by_values(
    connection: Connection, layer: Layer, fields: Sequence[str], query: Query
) -> list[tuple[tuple[object, ...], int]]:
    """How many of the features that satisfy a query have each combination of values of some fields."""
    t = table(layer)
    columns = [t.c[name] for name in fields]
    wanted = select(*columns, func.count()).where(*conditions(layer, query, dialect_of(connection)))
    return [(tuple(row[:-1]), int(row[-1])) for row in connection.execute(wanted.group_by(*columns))]
