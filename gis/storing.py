"""Store layers in a place that is being built. What serves does not need this, nor the columns of Arrow.

The connection comes first and its caller owns the transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from sqlalchemy import Connection, Table, insert
from sqlalchemy.exc import IntegrityError

from gis import bulk, cells, copying
from gis.block import Block
from gis.cells import Cells
from gis.errors import BadData
from gis.feature import Feature
from gis.layer import Layer
from gis.repository import MARKED, Source
from gis.survey import Survey
from gis.tables import CELL, DOCUMENT, FORM, MARK, SUMMARY, VERSION, table
from gis.tables import texts as texts_of
from gis.tile import neighbourly, projected

_BATCH, _BATCH_VERTICES = 25_000, 500_000
_AT_WORK = 2  # blocks


def replace(connection: Connection, layer: Layer, features: Iterable[Feature]) -> int:
    """Store a layer in a place that is being built: its tables, its features, its summaries.

    Returns how many. Raises `BadData` naming the features of which the database refuses one.
    """
    return store(connection, layer, blocks(layer, features))


def blocks(layer: Layer, features: Iterable[Feature]) -> Iterator[Block]:
    """Features in blocks, in their order."""
    return (Block.of(layer, batch) for batch in _batches(features))


def store(connection: Connection, layer: Layer, many: Iterable[Block]) -> int:
    """As `replace`, of features that come in blocks."""
    t = table(layer)
    for made in (t, texts_of(layer)):
        bulk.create(connection, made)
    held = _Held(layer)
    survey = Survey.joined(_insert(connection, layer, held.seen(many)))
    with _workers(connection) as indexing:
        indexed = indexing.submit(_index, connection, layer, held.alike)
        counted = _cells(survey)
        indexed.result()
    _store_cells(connection, layer, counted)
    cell_zoom = counted[-1].zoom if counted else None
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


@contextmanager
def _workers(connection: Connection) -> Iterator[ThreadPoolExecutor]:
    """Threads that use a connection in turns. Whoever interrupts need not wait for what the database is about."""
    with ThreadPoolExecutor(max_workers=_AT_WORK) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            bulk.interrupt(connection)
            raise


class _Held:
    """Sees the blocks that go by, and what their coded columns hold."""

    def __init__(self, layer: Layer) -> None:
        self._values: dict[str, set[object]] = {
            field.name: set() for field in layer.all_fields if field.values
        }

    def seen(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """The same blocks."""
        for block in blocks:
            for name, values in self._values.items():
                if len(values) < 2:
                    values.update(block.columns[name].unique().to_pylist())
            yield block

    @property
    def alike(self) -> dict[str, object]:
        """The columns in which all features hold the same, with what that is."""
        return {name: next(iter(values)) for name, values in self._values.items() if len(values) == 1}


def _index(connection: Connection, layer: Layer, alike: Mapping[str, object]) -> None:
    try:
        bulk.index(connection, table(layer), alike)
        bulk.index(connection, texts_of(layer))
    except IntegrityError as error:
        reason = " ".join(str(error.orig).split())
        raise BadData(layer.id, f"features were refused: {reason}") from error


def _insert(connection: Connection, layer: Layer, blocks: Iterable[Block]) -> list[Survey]:
    """Insert blocks in their order: while the database takes one, the next is made ready, and one more is read."""
    surveys: list[Future[Survey]] = []
    with _workers(connection) as pool:
        for block in blocks:
            for done in surveys[-_AT_WORK : 1 - _AT_WORK]:
                done.result()
            surveys.append(pool.submit(_insert_one, connection, block, surveys[-1] if surveys else None))
    return [Survey.of(Block.of(layer, []), np.empty(0, dtype=object)), *(done.result() for done in surveys)]


def _insert_one(connection: Connection, block: Block, previous: Future[Survey] | None) -> Survey:
    metres = projected(block.geometries)
    rows = _prepared(connection, block, metres)
    survey = Survey.of(block, metres)
    if previous:
        previous.result()
    _write(connection, block, *rows)
    return survey


def _prepared(connection: Connection, block: Block, metres: np.ndarray) -> tuple[Any, Any]:
    """The rows of both tables. Features that are near each other stand next to each other: what is asked for
    by place is then read from few pages."""
    ids = pa.array(block.ids)
    shapes = (_geometry_column(block.geometries), _geometry_column(metres))
    found_by = _ordered(connection, [ids, *shapes, *block.columns.values()], neighbourly(block.geometries))
    # The other table is read along the ids.
    sorted_already = bool((np.diff(block.ids) > 0).all())
    order = None if sorted_already else np.argsort(block.ids, kind="stable")
    return found_by, _ordered(connection, [ids, block.geojson()], order)


def _write(connection: Connection, block: Block, rows: Any, texts: Any) -> None:
    try:
        _insert_rows(connection, table(block.layer), rows)
        _insert_rows(connection, texts_of(block.layer), texts)
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


def _geometry_column(geometries: np.ndarray) -> Any:
    """Geometries as a column of WKB."""
    if len(geometries) and (shapely.get_type_id(geometries) == shapely.GeometryType.POINT).all():
        return copying.points(shapely.get_coordinates(geometries))
    return pa.array(shapely.to_wkb(geometries), pa.binary())


def _ordered(connection: Connection, columns: Sequence[Any], order: np.ndarray | None = None) -> Any:
    """Columns as `_insert_rows` takes them, rows in an order: what can be done while others are inserted."""
    if connection.dialect.name == "postgresql":
        rows = copying.rows(columns)
        return rows if order is None else rows.take(pa.array(order))
    return columns if order is None else [column.take(pa.array(order)) for column in columns]


def _insert_rows(connection: Connection, stored: Table, rows: Any) -> None:
    """Insert what `_ordered` has made of all columns of a table, in their order.

    Raises the error of the driver when the database refuses a row; see `bulk.driver_error`.
    """
    if connection.dialect.name != "postgresql":
        bulk.insert(connection, stored, zip(*(column.to_pylist() for column in rows), strict=True))
        return
    bulk.copy(connection, stored, (copying.HEAD, copying.body(rows), copying.TAIL))


def _cells(survey: Survey) -> list[Cells]:
    """The cells of all zooms that show them, none when the features are not so many."""
    last = cells.zoom_of(survey.anchors) if len(survey.anchors) > cells.MOST else None
    return [] if last is None else cells.counted(survey.anchors, survey.drawn, last)


def _store_cells(connection: Connection, layer: Layer, counted: Iterable[Cells]) -> None:
    for one in counted:
        count = len(one.rows)
        numbers = (np.full(count, one.zoom), one.rows, one.columns, one.totals, one.shown)
        columns = [pa.repeat(layer.id, count), *(pa.array(each, pa.int32()) for each in numbers)]
        _insert_rows(connection, CELL, _ordered(connection, columns))
