"""Find, get, count, replace: the only module that talks SQL to the tables of layers.

The connection comes first and its caller owns the transaction. Answers are GeoJSON texts that were
made when the version was published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from itertools import islice
from typing import Any

import shapely
from sqlalchemy import ColumnElement, Connection, Select, func, insert, select
from sqlalchemy.exc import DBAPIError

from gis.database import dialect_of, geometry_value, within
from gis.errors import BadData, NotFound, NothingPublished, StaleTable
from gis.feature import Bbox, Feature, Interval, Page, Query, geojson_text
from gis.frozen import FrozenMapping
from gis.layer import Layer
from gis.tables import DOCUMENT, SUMMARY, VERSION, table

_MAX_ID = 2**63 - 1
_BATCH = 1000


@dataclass(frozen=True)
class Summary:
    """What a published layer holds: how many features, where (degrees, WGS-84), and of what days."""

    count: int
    bbox: Bbox | None
    interval: Interval | None


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
    """The features that satisfy the query, in id order, one page of them."""
    dialect = dialect_of(connection)
    texts = connection.scalars(statement(layer, query, dialect)).all()
    return Page(tuple(texts), matched(connection, layer, query))


def matched(connection: Connection, layer: Layer, query: Query) -> int:
    """How many features satisfy the query, on whatever page."""
    wanted = select(func.count()).select_from(table(layer))
    return connection.scalar(wanted.where(*conditions(layer, query, dialect_of(connection)))) or 0


def get(connection: Connection, layer: Layer, feature_id: str, *, internal: bool = False) -> str:
    """The feature of this id. Raises `NotFound`, also for what cannot be an id."""
    t = table(layer)
    missing = NotFound("item", feature_id, f"in {layer.id}")
    if not feature_id.isascii() or not feature_id.isdecimal() or int(feature_id) > _MAX_ID:
        raise missing
    one = select(t.c.feature).where(t.c.id == int(feature_id), *conditions(layer, Query(internal=internal)))
    found: str | None = connection.scalar(one)
    if found is None:
        raise missing
    return found


def statement(layer: Layer, query: Query, dialect: str) -> Select[str]:
    """The page of a query as one statement; every value is bound."""
    t = table(layer)
    wanted = select(t.c.feature).where(*conditions(layer, query, dialect))
    return wanted.order_by(t.c.id).limit(query.limit).offset(query.offset)


def conditions(layer: Layer, query: Query, dialect: str = "") -> Iterator[ColumnElement[bool]]:
    """What a feature must satisfy to be in the answer, on any of its pages."""
    t = table(layer)
    if not query.internal:
        yield t.c.visibility == "public"
    if query.bbox:
        yield within(dialect, t, query.bbox)
    if query.interval:
        yield from _during(t.c.as_of, query.interval)
    for name, value in query.equals.items():
        yield t.c[name] == value


def _during(day: ColumnElement[date], interval: Interval) -> Iterator[ColumnElement[bool]]:
    """A feature without a date is always there: it has no time that could lie outside (Part 1, 7.15.4)."""
    if interval.start:
        yield (day >= interval.start) | day.is_(None)
    if interval.end:
        yield (day <= interval.end) | day.is_(None)


def replace(connection: Connection, layer: Layer, features: Iterable[Feature]) -> int:
    """Store a layer in a place that is being built: its table, its features, its summaries.

    Returns how many. Raises `BadData` naming the feature that the database refuses.
    """
    t = table(layer)
    t.create(connection)
    stored = 0
    for batch in _batches(features):
        _insert(connection, layer, [_row(feature) for feature in batch])
        stored += len(batch)
    for internal in (False, True):
        connection.execute(insert(SUMMARY).values(_summary_row(connection, layer, internal)))
    return stored


def _batches(features: Iterable[Feature]) -> Iterator[list[Feature]]:
    rest = iter(features)
    while batch := list(islice(rest, _BATCH)):
        yield batch


def _row(feature: Feature) -> dict[str, Any]:
    geometry = None if feature.geometry is None else geometry_value(feature.geometry)
    return {
        "id": feature.id,
        "geometry": geometry,
        "feature": geojson_text(feature),
        **feature.properties,
    }


def _insert(connection: Connection, layer: Layer, rows: list[dict[str, Any]]) -> None:
    try:
        connection.execute(insert(table(layer)), rows)
    except DBAPIError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        first, last = rows[0]["id"], rows[-1]["id"]
        raise BadData(layer.id, f"features {first} to {last} were refused: {reason}") from error


def _summary_row(connection: Connection, layer: Layer, internal: bool) -> dict[str, Any]:
    t = table(layer)
    held = conditions(layer, Query(internal=internal))
    wkbs, days, count = [], [], 0
    for wkb, day in connection.execute(select(func.ST_AsBinary(t.c.geometry), t.c.as_of).where(*held)):
        count += 1
        days += [day] if day else []
        wkbs += [bytes(wkb)] if wkb is not None else []
    bounds = shapely.total_bounds(shapely.from_wkb(wkbs)).tolist() if wkbs else [None] * 4
    return {
        "layer": layer.id,
        "internal": internal,
        "fingerprint": layer.fingerprint,
        "count": count,
        **dict(zip(("west", "south", "east", "north"), bounds, strict=True)),
        "earliest": min(days, default=None),
        "latest": max(days, default=None),
    }


def begin(connection: Connection) -> None:
    """Make the tables that say what is stored, in a place that is being built."""
    VERSION.metadata.create_all(connection)


def finish(
    connection: Connection, version: str, as_of: date | None = None, sources: Iterable[Source] = ()
) -> None:
    """Name the version that has been built, the day of which it tells, and what it was made from."""
    connection.execute(insert(VERSION).values(version=version, as_of=as_of))
    for source in sources:
        connection.execute(insert(DOCUMENT).values(asdict(source)))


def published(connection: Connection) -> Published:
    """What the published version holds."""
    named = connection.execute(select(VERSION)).one_or_none()
    if named is None:
        raise NothingPublished("The database holds no finished version; run `corridor build`.")
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
    return Summary(row.count, bbox, interval)
