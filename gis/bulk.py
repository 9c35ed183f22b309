"""A table that is being built: many rows by the fast way of each database, and the indexes after them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from geoalchemy2 import Geometry
from sqlalchemy import Column, Connection, Index, MetaData, String, Table, func, or_, select, text

from gis.database import driver_of
from gis.frozen import FrozenMapping
from gis.tables import SRID, index_name

Row: TypeAlias = Sequence[Any]

_INDEX_MEMORY = "128MB"
_OF_A_KEY = 10  # as the statistics of PostgreSQL have it: a histogram of so many parts
_NOTHING: Mapping[str, object] = FrozenMapping({})


def create(connection: Connection, stored: Table) -> None:
    """Make a table without its indexes."""
    # The key is an index too; SQLite keeps the rows themselves in its order.
    keyed = connection.dialect.name == "sqlite"
    columns = (
        Column(c.name, c.type, nullable=c.nullable, primary_key=keyed and c.primary_key, autoincrement=False)
        for c in stored.c
    )
    Table(stored.name, MetaData(), *columns).create(connection)


def analyze_rows(connection: Connection, stored: Table) -> None:
    """Let PostgreSQL count what it plans by, in a table that holds its rows: while indexes are made it could not."""
    if connection.dialect.name == "postgresql":
        # A table without indexes is one whose rows are found by their key alone, of which little need be known.
        parts = "DEFAULT" if stored.indexes else _OF_A_KEY
        connection.execute(text(f"SET LOCAL default_statistics_target TO {parts}"))
        connection.execute(text(f"ANALYZE {_name(connection, stored)}"))


def index_key(connection: Connection, stored: Table) -> None:
    """Make the index that a key is told by; see `key`."""
    if connection.dialect.name == "postgresql":
        index(connection, _of_key(stored))


def key(connection: Connection, stored: Table) -> None:
    """Let a table have its key, when nobody makes an index any more."""
    if connection.dialect.name == "postgresql":
        name = connection.dialect.identifier_preparer.quote(str(_of_key(stored).name))
        connection.execute(
            text(f"ALTER TABLE {_name(connection, stored)} ADD PRIMARY KEY USING INDEX {name}")
        )


def _of_key(stored: Table) -> Index:
    bare = Table(stored.name, MetaData(), *(Column(c.name, c.type) for c in stored.primary_key))
    return Index(index_name(stored.name, "primary key"), *bare.c, unique=True)


def indexes(dialect: str, stored: Table, alike: Mapping[str, object] = _NOTHING) -> list[Index]:
    """The indexes of a table, but for that of its geometry, those that take longest first. `alike` names the columns
    in which all rows hold the same value, or none (None)."""
    every = sorted(
        stored.indexes, key=lambda one: (not isinstance(_column(one).type, String), _column(one).name)
    )
    same = [] if dialect == "sqlite" else [one for one in every if _column(one).name in alike]
    others = [one for one in every if one not in same]
    return [*others, _of_what_differs(same, alike)] if same else others


def index(connection: Connection, made: Index) -> None:
    """Make an index of a table that holds its rows."""
    _set_resources(connection)
    made.create(connection)


def analyze_indexes(connection: Connection, stored: Table) -> None:
    """Let SQLite count what it plans by, when a table has its indexes."""
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"ANALYZE {_name(connection, stored)}"))


def _set_resources(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL maintenance_work_mem = '{_INDEX_MEMORY}'"))
        # Two connections make indexes at once already; helpers of theirs cost more work than they save.
        connection.execute(text("SET LOCAL max_parallel_maintenance_workers = 0"))


def _of_what_differs(made: Sequence[Index], alike: Mapping[str, object]) -> Index:
    """One index, instead of several, of what differs from what all rows hold: it is empty, and tells PostgreSQL at
    once that no row has another value. Indexes of the values themselves would find every row."""
    columns = [_column(one) for one in made]
    bare = Table(columns[0].table.name, MetaData(), *(Column(c.name, c.type) for c in columns))
    same = ((column, alike[column.name]) for column in bare.c)
    differs = or_(*(column.is_not(None) if value is None else column != value for column, value in same))
    return Index(made[0].name, bare.c[0], postgresql_where=differs)


def _column(made: Index) -> Column[Any]:
    (column,) = made.columns
    return column


def index_geometry(connection: Connection, stored: Table) -> None:
    """Make the index of the geometry of a table that holds its rows."""
    if connection.dialect.name == "postgresql":
        _set_resources(connection)
        connection.execute(text(f"CREATE INDEX ON {_name(connection, stored)} USING gist (geometry)"))
    else:
        connection.execute(select(func.CreateSpatialIndex(stored.name, "geometry")))


def insert(connection: Connection, stored: Table, rows: Iterable[Row]) -> None:
    """Insert rows, each the values of all columns in the order of the table.

    Raises the error of the driver when the database refuses one of them; see `driver_error`.
    """
    if connection.dialect.name == "postgresql":
        _copy(connection, stored, rows)
    else:
        _execute(connection, stored, rows)


def copy(connection: Connection, stored: Table, parts: Iterable[Any]) -> None:
    """Hand PostgreSQL rows in its binary form, see `gis.copying`. Raises as `insert`."""
    command = f"COPY {_name(connection, stored)} FROM STDIN (FREEZE, FORMAT binary)"
    with driver_of(connection).cursor() as cursor, cursor.copy(command) as copied:
        for part in parts:
            copied.write(part)


def interrupt(connection: Connection) -> None:
    """Let the database give up what it does for another thread."""
    driver = driver_of(connection)
    driver.cancel_safe() if connection.dialect.name == "postgresql" else driver.interrupt()


def driver_error(connection: Connection) -> type[Exception]:
    """What the driver raises when the database refuses something."""
    error: type[Exception] = connection.dialect.loaded_dbapi.Error
    return error


def _copy(connection: Connection, stored: Table, rows: Iterable[Row]) -> None:
    """FREEZE, as the table was made in this transaction: no reader needs to ask whether it may see a row."""
    command = f"COPY {_name(connection, stored)} FROM STDIN (FREEZE)"
    with driver_of(connection).cursor() as cursor, cursor.copy(command) as copy:
        for row in rows:
            copy.write_row(row)


def _execute(connection: Connection, stored: Table, rows: Iterable[Row]) -> None:
    values = [f"GeomFromWKB(?, {SRID})" if isinstance(c.type, Geometry) else "?" for c in stored.c]
    command = f"INSERT INTO {_name(connection, stored)} VALUES ({', '.join(values)})"
    driver_of(connection).executemany(command, _processed(connection, stored, rows))


def _processed(connection: Connection, stored: Table, rows: Iterable[Row]) -> Iterator[Row]:
    """The rows with the values that SQLite has no type for as SQLAlchemy stores them."""
    dialect = connection.dialect
    makers = [
        (place, column.type.dialect_impl(dialect).bind_processor(dialect))
        for place, column in enumerate(stored.c)
        if not isinstance(column.type, Geometry)
    ]
    needed = [(place, maker) for place, maker in makers if maker is not None]
    for row in rows:
        made = list(row)
        for place, maker in needed:
            made[place] = maker(made[place])
        yield made


def _name(connection: Connection, stored: Table) -> str:
    """The table as SQL writes it, in the place that is being built."""
    quote = connection.dialect.identifier_preparer.quote
    schemas = connection.get_execution_options().get("schema_translate_map", {})
    return ".".join(quote(part) for part in (schemas.get(None), stored.name) if part)
