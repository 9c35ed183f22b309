"""Store layers in a place that is being built. What serves does not need this, nor the columns of Arrow.

The connection comes first and its caller owns the transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from datetime import date
from functools import partial
from itertools import chain, islice
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import shapely
from sqlalchemy import Connection, Table, insert
from sqlalchemy.exc import IntegrityError

from gis import bulk, cells, copying, digests
from gis.block import Block
from gis.cells import Cells
from gis.database import beside, dialect_of
from gis.errors import BadData
from gis.feature import Feature
from gis.layer import Layer
from gis.repository import MARKED, Source
from gis.survey import Survey
from gis.tables import CELL, DOCUMENT, FORM, MARK, SUMMARY, VERSION, table
from gis.tables import texts as texts_of
from gis.tile import neighbourly

Result = TypeVar("Result")
Learnt = TypeVar("Learnt")

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
    held = _Held(layer)
    blocks = held.seen(many)
    first = list(islice(blocks, 2))
    with _lanes(connection, two=len(first) > 1) as (rows, texts, others):
        survey, digested = _insert(layer, rows, texts, chain(first, blocks))
        told = others.submit(partial(_tell, layer, survey, digested), partial(_cells, survey))
        _index(layer, rows, texts, held.alike)
        told.result()
    return len(survey.ids)


def _tell(
    layer: Layer,
    survey: Survey,
    digested: Iterable[Mapping[int, int]],
    connection: Connection,
    counted: Sequence[Cells],
) -> None:
    """Store what is known of a layer as a whole."""
    digests.store(connection, layer, digested)
    _store_cells(connection, layer, counted)
    cell_zoom = counted[-1].zoom if counted else None
    for internal in (False, True):
        row = _summary_row(layer, survey, internal) | {"cell_zoom": cell_zoom}
        connection.execute(insert(SUMMARY).values(row))
        _mark(connection, layer, survey, internal)


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
def _workers(*connections: Connection) -> Iterator[Executor]:
    """Threads that use connections. Whoever interrupts need not wait for what a database is about."""
    with ThreadPoolExecutor(max_workers=2 * _AT_WORK) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for connection in connections:
                bulk.interrupt(connection)
            raise


class _Lane:
    """Writes through a connection, in the order in which it is asked to; what is to be written is made ready
    meanwhile. `own` says that nobody else uses the connection."""

    def __init__(self, pool: Executor, connection: Connection, *, own: bool) -> None:
        self._pool, self._connection, self._own = pool, connection, own
        self._last: Future[Any] | None = None

    @property
    def dialect(self) -> str:
        return dialect_of(self._connection)

    def submit(
        self, write: Callable[[Connection, Any], Result], make: Callable[[], Any] = lambda: None
    ) -> Future[Result]:
        """The future of what `write` returns, which is given what `make` has made."""
        self._last = self._pool.submit(self._run, write, make, self._last)
        return self._last

    def settled(self) -> Future[None]:
        """When this is done, others see what has been written."""
        return self.submit(lambda connection, _: connection.commit() if self._own else None)

    def _run(
        self,
        write: Callable[[Connection, Any], Result],
        make: Callable[[], Any],
        previous: Future[Any] | None,
    ) -> Result:
        made = make()
        if previous:
            previous.result()
        return write(self._connection, made)


@contextmanager
def _lanes(connection: Connection, *, two: bool) -> Iterator[tuple[_Lane, _Lane, _Lane]]:
    """A lane for each table of a layer and one for what else is stored. Where two are wanted and the database can do
    several things at once, those of the tables have connections of their own; else there is one lane for all."""
    with ExitStack() as opened:
        ways = [opened.enter_context(beside(connection)) for _ in range(2)] if two else [connection]
        pool = opened.enter_context(_workers(*ways, connection))
        others = _Lane(pool, connection, own=False)
        apart = [_Lane(pool, way, own=True) for way in ways if way is not connection]
        rows, texts = apart or (others, others)
        yield rows, texts, others


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


def _insert(
    layer: Layer, rows: _Lane, texts: _Lane, blocks: Iterable[Block]
) -> tuple[Survey, list[dict[int, int]]]:
    """Insert blocks in their order: while the database takes one, the next is made ready, and one more is read.

    Returns what is learnt of them all, and the digests of each.
    """
    nothing = Block.of(layer, [])
    rows.submit(partial(_create, table(layer)))
    texts.submit(partial(_create, texts_of(layer)))
    surveys: list[Future[Survey]] = []
    digested: list[Future[dict[int, int]]] = []
    for block in blocks:
        earlier: list[Future[Any]] = [*surveys[-_AT_WORK:-1], *digested[-_AT_WORK:-1]]
        for done in earlier:
            done.result()
        surveys.append(rows.submit(partial(_write, block, table(layer)), partial(_rows, rows.dialect, block)))
        texts_made = partial(_texts, texts.dialect, block)
        digested.append(texts.submit(partial(_write, block, texts_of(layer)), texts_made))
    known = [Survey.of(nothing, nothing.shapes), *(one.result() for one in surveys)]
    return Survey.joined(known), [one.result() for one in digested]


def _create(stored: Table, connection: Connection, _: object) -> None:
    bulk.create(connection, stored)


def _index(layer: Layer, rows: _Lane, texts: _Lane, alike: Mapping[str, object]) -> None:
    """Make the indexes, by whichever lane has the time, those that take longest first."""
    stored = {table(layer): rows, texts_of(layer): texts}
    for one, lane in stored.items():
        lane.submit(_alone(partial(bulk.analyze_rows, stored=one)))
    _settled(stored.values())
    wanted: SimpleQueue[Callable[[Connection], None]] = SimpleQueue()
    wanted.put(partial(bulk.index_geometry, stored=table(layer)))
    for made in bulk.indexes(rows.dialect, table(layer), alike):
        wanted.put(partial(bulk.index, made=made))
    for one in stored:
        wanted.put(partial(_index_key, layer, one))
    for one in stored:
        wanted.put(partial(bulk.analyze_indexes, stored=one))
    for lane in dict.fromkeys(stored.values()):
        lane.submit(_alone(partial(_done, wanted)))
    _settled(stored.values())
    for one, lane in stored.items():
        lane.submit(_alone(partial(bulk.key, stored=one))).result()


def _alone(work: Callable[[Connection], None]) -> Callable[[Connection, object], None]:
    """Work of a lane for which nothing has to be made ready."""
    return lambda connection, _: work(connection)


def _settled(lanes: Iterable[_Lane]) -> None:
    """Wait until others see what lanes have written."""
    for one in [lane.settled() for lane in lanes]:
        one.result()


def _done(wanted: SimpleQueue[Callable[[Connection], None]], connection: Connection) -> None:
    """Do what is wanted until nothing is left."""
    with suppress(Empty):
        while True:
            wanted.get_nowait()(connection)


def _index_key(layer: Layer, stored: Table, connection: Connection) -> None:
    try:
        bulk.index_key(connection, stored)
    except IntegrityError as error:
        reason = " ".join(str(error.orig).split())
        raise BadData(layer.id, f"features were refused: {reason}") from error


def _rows(dialect: str, block: Block) -> tuple[Any, Survey]:
    """The rows by which features are found, those of features that are near each other next to each other: what
    is asked for by place is then read from few pages."""
    metres = block.shapes.projected()
    columns = [pa.array(block.ids), block.shapes.wkb(), metres.wkb(), *block.columns.values()]
    return _ordered(dialect, columns, neighbourly(block.shapes.bounds())), Survey.of(block, metres)


def _texts(dialect: str, block: Block) -> tuple[Any, dict[int, int]]:
    """The rows of texts, along the ids, and their digests."""
    ids, texts = block.ids, block.geojson()
    if not (np.diff(ids) > 0).all():
        order = np.argsort(ids, kind="stable")
        ids, texts = ids[order], texts.take(pa.array(order))
    return _ordered(dialect, [pa.array(ids), texts]), digests.of(ids, *copying.parts(texts))


def _write(block: Block, stored: Table, connection: Connection, made: tuple[Any, Learnt]) -> Learnt:
    """Write rows; returns what was learnt when they were made."""
    rows, learnt = made
    try:
        _insert_rows(connection, stored, rows)
    except bulk.driver_error(connection) as error:
        reason = str(error).strip().partition("\n")[0]
        ids = f"features {block.ids[0]} to {block.ids[-1]}"
        raise BadData(block.layer.id, f"{ids} were refused: {reason}") from error
    return learnt


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


def _ordered(dialect: str, columns: Sequence[Any], order: np.ndarray | None = None) -> Any:
    """Columns as `_insert_rows` takes them, rows in an order: what can be done while others are inserted."""
    if dialect == "postgresql":
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
    bulk.insert(
        connection, CELL, ((layer.id, one.zoom, *of_tile) for one in counted for of_tile in one.by_tile())
    )
