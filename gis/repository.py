"""Find, get, count: the only module that asks the tables of layers. `gis.storing` fills them.

The connection comes first and its caller owns the transaction. Answers are GeoJSON texts that were
made when the version was published.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Unicode,
    bindparam,
    func,
    nulls_last,
    select,
    true,
)
from sqlalchemy.exc import DBAPIError

from gis import filters
from gis.database import dialect_of, meets, ordered, within
from gis.errors import NotFound, NothingPublished, StaleTable
from gis.feature import Bbox, Interval, Page, Query
from gis.frozen import FrozenMapping
from gis.layer import Layer
from gis.tables import DOCUMENT, FORM, MARK, SUMMARY, VERSION, table
from gis.tables import texts as texts_of

MARKED = 1000  # every so many-th feature of a layer is marked
_ID = re.compile(r"(0|[1-9][0-9]{0,18})\Z")  # as the features themselves write it
_MAX_ID = 2**63 - 1


@dataclass(frozen=True)
class Summary:
    """What a published layer holds: how many features, where (degrees, WGS-84), and of what days.

    `cell_zoom` is the last zoom at which its tiles show cells, None when they never do.
    """

    count: int
    bbox: Bbox | None
    interval: Interval | None
    cell_zoom: int | None = None


@dataclass(frozen=True)
class Source:
    """A document or a data set that the features name as their source."""

    id: str
    title: str
    issuer: str = ""
    date: date | None = None


@dataclass(frozen=True)
class Published:
    """A published version: its name, the day of which it tells, its sources by id, and for each layer
    its summary (without and with what is internal) and its fingerprint."""

    version: str
    as_of: date | None
    sources: Mapping[str, Source]
    summaries: Mapping[tuple[str, bool], Summary]
    fingerprints: Mapping[str, str]

    def summary(self, layer: Layer, *, internal: bool) -> Summary:
        """The summary of a layer. Raises `StaleTable` when its table is missing or of another shape."""
        if self.fingerprints.get(layer.id) != layer.fingerprint:
            raise StaleTable(
                f"{layer.id}: the published data do not fit its declaration; run `corridor build`."
            )
        return self.summaries[layer.id, internal]


def find(connection: Connection, layer: Layer, query: Query) -> Page:
    """The features that satisfy the query, in the order it asks for and then of ids, one page of them.

    What satisfies it is looked for once, for the page and for the count.
    """
    rows = connection.execute(page_and_count(layer, query, dialect_of(connection))).all()
    if not rows:  # nothing on this page says how many there are on others
        return Page((), matched(connection, layer, query) if query.offset else 0)
    return Page(tuple(row.feature for row in rows), rows[0].matched)


def texts(connection: Connection, layer: Layer, query: Query) -> tuple[str, ...]:
    """The page of a query without the count of what it matches."""
    return tuple(connection.scalars(statement(layer, query, dialect_of(connection))).all())


def matched(connection: Connection, layer: Layer, query: Query) -> int:
    """How many features satisfy the query, on whatever page."""
    wanted = select(func.count()).select_from(table(layer))
    return connection.scalar(wanted.where(*conditions(layer, query, dialect_of(connection)))) or 0


def get(connection: Connection, layer: Layer, feature_id: str, *, internal: bool = False) -> str:
    """The feature of this id. Raises `NotFound`, also for what cannot be an id."""
    missing = NotFound("item", feature_id, f"in {layer.id}")
    if not _ID.match(feature_id) or int(feature_id) > _MAX_ID:
        raise missing
    found: str | None = connection.scalar(_one(layer, internal), {"wanted": int(feature_id)})
    if found is None:
        raise missing
    return found


@lru_cache(maxsize=4096)
def _one(layer: Layer, internal: bool) -> Select[str]:
    """The feature of an id that is given when it is asked for: the statement is made, and compiled, once."""
    t, texts = table(layer), texts_of(layer)
    wanted = select(texts.c.feature).where(texts.c.id == bindparam("wanted"))
    if internal:
        return wanted
    return wanted.join(t, t.c.id == texts.c.id).where(*conditions(layer, Query()))


def statement(layer: Layer, query: Query, dialect: str) -> Select[str]:
    """The page of a query as one statement; every value is bound."""
    texts = texts_of(layer)
    if query.everything and not query.sort:
        wanted = from_offset(select(texts.c.feature), texts.c.id, layer, query)
        return wanted.order_by(texts.c.id).limit(query.limit)
    t = table(layer)
    found = _found(layer, query, dialect).order_by(*_order(t, query, dialect)).limit(query.limit)
    page = from_offset(found, t.c.id, layer, query).subquery()
    wanted = select(texts.c.feature).join(page, texts.c.id == page.c.id)
    return wanted.order_by(*_order(page, query, dialect))


def _found(layer: Layer, query: Query, dialect: str) -> Select[Any]:
    """The ids of what satisfies a query, and what it is to be ordered by."""
    t = table(layer)
    keys = [t.c[key.field] for key in query.sort if key.field != "id"]
    return select(t.c.id, *keys).where(*conditions(layer, query, dialect))


def page_and_count(layer: Layer, query: Query, dialect: str) -> Select[str, int]:
    """The page of a query, and in each row how many features satisfy it."""
    texts = texts_of(layer)
    hits = _found(layer, query, dialect).cte("hits").prefix_with("MATERIALIZED")
    count = select(func.count()).select_from(hits).scalar_subquery()
    page = (
        select(hits)
        .order_by(*_order(hits, query, dialect))
        .limit(query.limit)
        .offset(query.offset)
        .subquery()
    )
    wanted = select(texts.c.feature, count.label("matched")).join(page, texts.c.id == page.c.id)
    return wanted.order_by(*_order(page, query, dialect))


def from_offset(wanted: Select[Any], ids: ColumnElement[int], layer: Layer, query: Query) -> Select[Any]:
    """What comes after the offset of a query. Where the marks tell how far that is, nothing is passed over."""
    if query.sort or not query.unconditional or query.offset < MARKED:
        return wanted.offset(query.offset)
    number, rest = divmod(query.offset, MARKED)
    mark = select(MARK.c.id).where(
        MARK.c.layer == layer.id, MARK.c.internal == query.internal, MARK.c.number == number
    )
    return wanted.where(ids >= mark.scalar_subquery()).offset(rest)


def _order(rows: FromClause, query: Query, dialect: str) -> Iterator[ColumnElement[Any]]:
    """By what the query names, and then by id."""
    for key in query.sort:
        column = rows.c[key.field]
        compared = ordered(dialect, column) if isinstance(column.type, Unicode) else column
        yield nulls_last(compared.desc() if key.descending else compared)
    yield rows.c.id


def conditions(layer: Layer, query: Query, dialect: str = "") -> Iterator[ColumnElement[bool]]:
    """What a feature must satisfy to be in the answer, on any of its pages."""
    t = table(layer)
    if not query.internal:
        yield t.c.visibility == "public"
    if query.bbox:
        yield within(dialect, t, query.bbox)
    if query.region is not None:
        yield meets(dialect, t, query.region)
    if query.interval:
        yield from _during(t.c.as_of, query.interval)
    placed = query.bbox is not None or query.region is not None
    for name, value in query.equals.items():
        # IS TRUE hides a code from its index: in a place there are few features, of a code there are many.
        yield (t.c[name] == value).is_(true()) if placed and layer.field(name).values else t.c[name] == value
    if query.filter:
        yield filters.condition(query.filter, layer, dialect)


def _during(day: ColumnElement[date], interval: Interval) -> Iterator[ColumnElement[bool]]:
    """A feature without a date is always there: it has no time that could lie outside (Part 1, 7.15.4)."""
    if interval.start:
        yield (day >= interval.start) | day.is_(None)
    if interval.end:
        yield (day <= interval.end) | day.is_(None)


def published(connection: Connection) -> Published:
    """What the published version holds. Raises `StaleTable` for a database that other software has built."""
    try:
        return _described(connection)
    except DBAPIError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        raise StaleTable(f"The database is of another form ({reason}); run `corridor build`.") from error


def _described(connection: Connection) -> Published:
    named = connection.execute(select(VERSION)).one_or_none()
    if named is None:
        raise NothingPublished("The database holds no finished version; run `corridor build`.")
    if named.form != FORM:
        raise StaleTable(f"The database is of form {named.form}, not {FORM}; run `corridor build`.")
    rows = connection.execute(select(SUMMARY)).all()
    return Published(
        version=named.version,
        as_of=named.as_of,
        sources=FrozenMapping({row.id: Source(*row) for row in connection.execute(select(DOCUMENT))}),
        summaries=FrozenMapping({(row.layer, row.internal): _summary(row) for row in rows}),
        fingerprints=FrozenMapping({row.layer: row.fingerprint for row in rows}),
    )


def _summary(row: Any) -> Summary:
    bbox = None if row.west is None else Bbox(row.west, row.south, row.east, row.north)
    interval = None if row.earliest is None else Interval(row.earliest, row.latest)
    return Summary(row.count, bbox, interval, row.cell_zoom)
