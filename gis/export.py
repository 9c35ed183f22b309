"""The features of a query, however many there are, batch by batch: for files, in constant memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from gis import repository
from gis.database import dialect_of
from gis.feature import Query
from gis.layer import Layer
from gis.tables import table, texts

BATCH = 1000


@dataclass(frozen=True)
class Reading(Collection[str]):
    """The texts of so many features of a query, from its offset on; read anew whenever they are gone through."""

    connection: Connection
    layer: Layer
    query: Query
    count: int

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[str]:
        for batch in batches(self.connection, self.layer, self.query, self.count):
            yield from batch

    def __contains__(self, text: object) -> bool:
        return any(text == found for found in self)


def batches(
    connection: Connection, layer: Layer, query: Query, most: int | None
) -> Iterator[tuple[str, ...]]:
    """The GeoJSON texts of the features that satisfy a query, from its offset on; `most` of them, None for all.

    What has no order of its own is read along the ids, so that a batch far on costs no more than the first.
    """
    wanted = _by_id if not query.sort else _by_offset
    left = most
    for batch in wanted(connection, layer, query):
        yield batch if left is None else batch[:left]
        if left is not None:
            left -= len(batch)
            if left <= 0:
                return


def _by_id(connection: Connection, layer: Layer, query: Query) -> Iterator[tuple[str, ...]]:
    t, written = table(layer), texts(layer)
    conditions = list(repository.conditions(layer, query, dialect_of(connection)))
    wanted = select(written).order_by(written.c.id).limit(BATCH)
    if conditions:
        wanted = wanted.join(t, t.c.id == written.c.id).where(*conditions)
    rows = connection.execute(repository.from_offset(wanted, written.c.id, layer, query)).all()
    while rows:
        yield tuple(row.feature for row in rows)
        rows = (
            connection.execute(wanted.where(written.c.id > rows[-1].id)).all() if len(rows) == BATCH else []
        )


def _by_offset(connection: Connection, layer: Layer, query: Query) -> Iterator[tuple[str, ...]]:
    offset, found = query.offset, BATCH
    while found == BATCH:
        page = repository.texts(connection, layer, replace(query, offset=offset, limit=BATCH))
        offset, found = offset + BATCH, len(page)
        if page:
            yield page
