"""Find, get, count, replace: the only module that talks SQL to the tables of layers.

The connection comes first and its caller owns the transaction. Answers are GeoJSON texts that were
made when the version was published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Unicode,
    bindparam,
    func,
    insert,
    nulls_last,
    select,
    true,
)
from sqlalchemy.exc import DBAPIError, IntegrityError

from gis import bulk, filters
from gis.block import Block
from gis.database import dialect_of, meets, ordered, within
from gis.errors import BadData, NotFound, NothingPublished, StaleTable
from gis.feature import Bbox, Feature, Interval, Page, Query
from gis.frozen import FrozenMapping
from gis.layer import Layer
from gis.survey import Survey
from gis.tables import DOCUMENT, FORM, MARK, SUMMARY, VERSION, table
from gis.tables import texts as texts_of
from gis.tile import neighbourly, projected
from gis.tileset import store_cells

MARKED = 1000  # every so many-th feature of a layer is marked
_MAX_ID = 2**63 - 1
_BATCH, _BATCH_VERTICES = 25_000, 500_000


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
    if not feature_id.isascii() or not feature_id.isdecimal() or int(feature_id) > _MAX_ID:
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
    hits = _found(layer, query, dialect).cte("hits")
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


def replace(connection: Connection, layer: Layer, features: Iterable[Feature]) -> int:
    """Store a layer in a place that is being built: its tables, its features, its summaries.

    Returns how many. Raises `BadData` naming the features of which the database refuses one.
    """
    return store(connection, layer, (Block.of(layer, batch) for batch in _batches(features)))


def store(connection: Connection, layer: Layer, blocks: Iterable[Block]) -> int:
    """As `replace`, of features that come in blocks."""
    t = table(layer)
    for made in (t, texts_of(layer)):
        bulk.create(connection, made)
    surveys = _insert(connection, layer, blocks)
    _index(connection, layer)
    survey = Survey.joined(surveys)
    cell_zoom = store_cells(connection, layer, survey)
    for internal in (False, True):
        row = _summary_row(layer, survey, internal) | {"cell_zoom": cell_zoom}
        connection.execute(insert(SUMMARY).values(row))
        _mark(connection, layer, survey, internal)
    return len(survey.ids)


def _batches(features: Iterable[Feature]) -> Iterator[list[Feature]]:
    """Batches that are small in memory, whether they have many features or large ones."""
    batch: list[Feature] = []
    vertices = 0
    for feature in features:
        batch.append(feature)
        vertices += 0 if feature.geometry is None else shapely.get_num_coordinates(feature.geometry)
        if len(batch) >= _BATCH or vertices >= _BATCH_VERTICES:
            yield batch
            batch, vertices = [], 0
    if batch:
        yield batch


def _index(connection: Connection, layer: Layer) -> None:
    try:
        for filled in (table(layer), texts_of(layer)):
            bulk.index(connection, filled)
    except IntegrityError as error:
        reason = " ".join(str(error.orig).split())
        raise BadData(layer.id, f"features were refused: {reason}") from error


def _insert(connection: Connection, layer: Layer, blocks: Iterable[Block]) -> list[Survey]:
    """Insert blocks, each while the next is made."""
    surveys = [Survey.of(Block.of(layer, []), np.empty(0, dtype=object))]
    with ThreadPoolExecutor(max_workers=1) as writer:
        writing: Future[None] | None = None
        for block in blocks:
            metres = projected(block.geometries)
            rows = _prepared(connection, block, metres)
            surveys.append(Survey.of(block, metres))
            if writing:
                writing.result()
            writing = writer.submit(_write, connection, block, *rows)
        if writing:
            writing.result()
    return surveys


def _prepared(connection: Connection, block: Block, metres: np.ndarray) -> tuple[Any, Any]:
    """The rows of both tables. Features that are near each other stand next to each other: what is asked for
    by place is then read from few pages."""
    ids = pa.array(block.ids)
    shapes = (bulk.geometry_column(block.geometries), bulk.geometry_column(metres))
    found_by = bulk.prepared(
        connection, [ids, *shapes, *block.columns.values()], neighbourly(block.geometries)
    )
    # The other table is read along the ids.
    return found_by, bulk.prepared(connection, [ids, block.geojson()], np.argsort(block.ids, kind="stable"))


def _write(connection: Connection, block: Block, rows: Any, texts: Any) -> None:
    try:
        bulk.insert_prepared(connection, table(block.layer), rows)
        bulk.insert_prepared(connection, texts_of(block.layer), texts)
    except bulk.driver_error(connection) as error:
        reason = str(error).strip().partition("\n")[0]
        ids = f"features {block.ids[0]} to {block.ids[-1]}"
        raise BadData(block.layer.id, f"{ids} were refused: {reason}") from error


def _summary_row(layer: Layer, survey: Survey, internal: bool) -> dict[str, Any]:
    extent, interval = survey.extent(internal), survey.interval(internal)
    return {
        "layer": layer.id,
        "internal": internal,
        "fingerprint": layer.fingerprint,
        "count": int(survey.shown(internal).sum()),
        **(asdict(extent) if extent else {}),
        **({"earliest": interval.start, "latest": interval.end} if interval else {}),
    }


def _mark(connection: Connection, layer: Layer, survey: Survey, internal: bool) -> None:
    """Keep where every so many-th feature stands, so that a page far on is found without counting up to it."""
    marks = survey.marks(internal, MARKED)
    rows = [(layer.id, internal, place, marked) for place, marked in enumerate(marks)]
    bulk.insert(connection, MARK, rows)


def begin(connection: Connection) -> None:
    """Make the tables that say what is stored, in a place that is being built."""
    VERSION.metadata.create_all(connection)


def finish(
    connection: Connection, version: str, as_of: date | None = None, sources: Iterable[Source] = ()
) -> None:
    """Name the version that has been built, the day of which it tells, and what it was made from."""
    connection.execute(insert(VERSION).values(version=version, as_of=as_of, form=FORM))
    for source in sources:
        connection.execute(insert(DOCUMENT).values(asdict(source)))


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
