"""The two databases, and every difference between them.

Data change only by publishing a whole version. `Store.publish` gives a connection to a place that
no reader sees; when its block ends well the version takes the place of the last one at once, when it
fails nothing has changed. `Store.read` gives a connection to the version that is published then, and
the reader sees that version alone until it closes the connection.

SpatiaLite: a version is a file, written beside the published one and renamed over it.
PostGIS: a version is a schema, and `corridor.published` tells which one is served: that is written last of
all, and a schema of which it does not tell is nothing. The last few are kept so that a reader who has begun
can finish.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from importlib import import_module
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any, TypeAlias

from geoalchemy2 import WKBElement
from geoalchemy2.shape import from_shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Date,
    Engine,
    NullPool,
    QueuePool,
    Table,
    and_,
    case,
    cast,
    collate,
    column,
    create_engine,
    false,
    func,
    literal,
    make_url,
    or_,
    select,
    table,
    text,
    true,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.types import TypeEngine

from gis import functions
from gis.config import Settings
from gis.errors import BadSettings, Busy, MissingExtension, NoStore, NothingPublished
from gis.feature import Bbox
from gis.patience import Watch
from gis.pointer import CHANNEL, Pointer, quiet
from gis.tables import SRID

KEPT_VERSIONS = 3
STATEMENT_SECONDS = 20  # a reading statement that takes longer is ended
_QUERY_CANCELED = "57014"  # of PostgreSQL
_SCHEMA = "corridor"
_MAPPED_BYTES = 64 * 2**20  # of a published file are read without asking the system for each page
_SINGLE = 1e-4  # degrees; PostGIS rounds boxes to single precision, outwards and by less than this


@dataclass(frozen=True)
class Current:
    """The version that is served: a token that no other version of this store has, and when it came."""

    token: str
    at: datetime


class Store(ABC):
    """A database that holds published versions of the data."""

    @abstractmethod
    def current(self) -> Current:
        """The published version, told without a connection where that can be. Raises `NothingPublished`."""

    @abstractmethod
    def read(self) -> AbstractContextManager[Connection]:
        """A context manager: a connection to the published version. Raises `NothingPublished`."""

    @abstractmethod
    def publish(self) -> AbstractContextManager[Connection]:
        """A context manager: a connection to an empty place that becomes the published version at its end."""

    @abstractmethod
    def close(self) -> None:
        """Give back every connection."""


def open_store(settings: Settings) -> Store:
    """The store that a database URL names. Raises `BadSettings` when it names none."""
    try:
        url = make_url(settings.database)
    except ArgumentError:
        raise BadSettings("database", settings.database, _URL_EXPECTED) from None
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        return SpatialiteStore(Path(url.database), settings.spatialite)
    if url.get_backend_name() in ("postgresql", "postgres"):
        return PostgisStore(url.set(drivername="postgresql+psycopg"))
    raise BadSettings("database", url.render_as_string(hide_password=True), _URL_EXPECTED)


_URL_EXPECTED = "sqlite:///FILE or postgresql://USER@HOST:PORT/NAME"


def current_of(connection: Connection) -> Current:
    """The version that a reading connection sees."""
    found: Current = connection.get_execution_options()["current"]
    return found


@contextmanager
def beside(connection: Connection) -> Iterator[Connection]:
    """One more connection to the place that is being built, where the database can do two things at once; others
    see what it has written when it is committed, at the end of the block at the latest. Else the same connection."""
    if dialect_of(connection) == "sqlite":
        yield connection
        return
    with connection.engine.connect() as other, _transaction(other):
        other.execute(text(_QUICK_COMPRESSION))
        yield other.execution_options(**connection.get_execution_options())


def dialect_of(connection: Connection) -> str:
    """Which of the two databases this is: `sqlite` or `postgresql`."""
    return connection.dialect.name


def driver_of(connection: Connection) -> Any:
    """The connection as its driver knows it."""
    return connection.connection.driver_connection


def took_too_long(error: DBAPIError) -> bool:
    """Whether a database has ended a statement for the time it took."""
    return getattr(error.orig, "sqlstate", None) == _QUERY_CANCELED or str(error.orig) == "interrupted"


def within(dialect: str, features: Table, bbox: Bbox) -> ColumnElement[bool]:
    """The condition that a feature meets a box: by the index first, then exactly."""
    return or_(false(), *(_in_box(dialect, features, part) for part in bbox.parts()))


def _in_box(dialect: str, features: Table, box: Bbox) -> ColumnElement[bool]:
    """What lies in the box with its own box meets it for certain; only what is at an edge must be computed."""
    exactly = func.ST_Intersects(features.c.geometry, geometry_value(box.geometry()))
    # CASE, since PostgreSQL would look up both sides of an OR in the index.
    certainly = case((_surely_in_box(dialect, features, box), true()), else_=exactly)
    return and_(_box_meets(dialect, features, box), certainly)


def _box_meets(dialect: str, features: Table, box: Bbox) -> ColumnElement[bool]:
    """What the index can tell: that the box of a feature meets a box."""
    if dialect == "sqlite":
        return near(dialect, features, box)
    meets: ColumnElement[bool] = features.c.geometry.intersects(geometry_value(box.geometry()))
    return meets


def _surely_in_box(dialect: str, features: Table, box: Bbox) -> ColumnElement[bool]:
    if dialect == "sqlite":
        mbr = func.BuildMbr(box.west, box.south, box.east, box.north)
        return func.MbrWithin(features.c.geometry, mbr) == 1
    if min(box.east - box.west, box.north - box.south) <= 2 * _SINGLE:
        return false()
    inner = Bbox(box.west + _SINGLE, box.south + _SINGLE, box.east - _SINGLE, box.north - _SINGLE)
    inside: ColumnElement[bool] = features.c.geometry.contained(geometry_value(inner.geometry()))
    return inside


def meets(dialect: str, features: Table, region: BaseGeometry) -> ColumnElement[bool]:
    """The condition that a feature meets a geometry in WGS-84: by the index first, then exactly."""
    exactly = func.ST_Intersects(features.c.geometry, geometry_value(region))
    return and_(near(dialect, features, Bbox(*region.bounds)), exactly)


def near(dialect: str, features: Table, box: Bbox) -> ColumnElement[bool]:
    """The condition by which the index finds what may meet a box; PostGIS looks there by itself."""
    if dialect == "postgresql":
        return true()
    index = table(
        f"idx_{features.name}_geometry",
        *(column(name) for name in ("pkid", "xmin", "xmax", "ymin", "ymax")),
    )
    candidates = select(index.c.pkid).where(
        index.c.xmin <= box.east,
        index.c.xmax >= box.west,
        index.c.ymin <= box.north,
        index.c.ymax >= box.south,
    )
    return features.c.id.in_(candidates)


def related(dialect: str, relation: str, left: Any, right: Any) -> ColumnElement[bool]:
    """Whether two geometries stand in a relation (`Intersects`, `Touches` …); NULL when one of them is."""
    found: ColumnElement[bool] = getattr(func, f"ST_{relation}")(left, right)
    # SpatiaLite says -1 where SQL says NULL.
    return func.nullif(found, -1) == 1 if dialect == "sqlite" else found


def ordered(dialect: str, value: ColumnElement[Any]) -> ColumnElement[Any]:
    """A text to be compared by order: that of code points, which is SQLite's own."""
    return collate(value, "C") if dialect == "postgresql" else value


def day_of(dialect: str, instant: ColumnElement[Any]) -> ColumnElement[date]:
    """The day of an instant, in UTC as it is stored."""
    return cast(instant, Date) if dialect == "postgresql" else func.date(instant, type_=Date)


class Wildcard(Enum):
    """What stands for other characters in a pattern: any number of them, or one."""

    MANY = "many"
    ONE = "one"


Pattern: TypeAlias = Iterable[Wildcard | str]


def matches(dialect: str, value: ColumnElement[Any], pattern: Pattern) -> ColumnElement[bool]:
    """Whether a text matches a pattern of texts and wildcards, whole and with case."""
    if dialect == "postgresql":
        return value.like(literal(_spelled(pattern, "%", "_", r"([\\%_])", r"\\\1")), escape="\\")
    # LIKE of SQLite ignores the case of ASCII letters; GLOB does not.
    glob = literal(_spelled(pattern, "*", "?", r"([*?[])", r"[\1]"))
    return value.op("GLOB", is_comparison=True, return_type=Boolean())(glob)


def _spelled(pattern: Pattern, many: str, one: str, special: str, quoted: str) -> str:
    wild = {Wildcard.MANY: many, Wildcard.ONE: one}
    return "".join(
        wild[part] if isinstance(part, Wildcard) else re.sub(special, quoted, part) for part in pattern
    )


def called(
    dialect: str, name: str, *args: ColumnElement[Any], returns: TypeEngine[Any]
) -> ColumnElement[Any]:
    """A function of `gis.functions`."""
    names = getattr(func, _SCHEMA) if dialect == "postgresql" else func
    made: ColumnElement[Any] = getattr(names, name)(*args, type_=returns)
    return made


def geometry_value(geometry: BaseGeometry) -> WKBElement:
    """A geometry as a bound value."""
    return from_shape(geometry, srid=SRID)


# --- SpatiaLite -------------------------------------------------------------------------------


class SpatialiteStore(Store):
    """One file, replaced whole."""

    def __init__(self, path: Path, module: str = "mod_spatialite") -> None:
        self._path, self._module = path, module
        self._lock = Lock()
        self._engine: Engine | None = None
        self._opened: Current | None = None

    def current(self) -> Current:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            raise NothingPublished(f"{self._path}: no database; run `corridor build`.") from None
        at = datetime.fromtimestamp(stat.st_mtime, UTC)
        return Current(f"{stat.st_ino}-{stat.st_mtime_ns}", at)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        current = self.current()
        with self._engine_of(current).connect() as connection:
            yield connection.execution_options(current=current)

    def _engine_of(self, current: Current) -> Engine:
        """The engine of the file that is there now; a new one when the file has been replaced."""
        with self._lock:
            if self._engine is None or current != self._opened:
                if self._engine is not None:
                    self._engine.dispose()
                self._engine = _spatialite_engine(self._path, self._module, read_only=True)
                Watch(self._engine, STATEMENT_SECONDS)
                self._opened = current
            return self._engine

    @contextmanager
    def publish(self) -> Iterator[Connection]:
        self._prepare_folder()
        building = self._path.with_name(f"{self._path.name}.building")
        with _file_lock(self._path.with_name(f"{self._path.name}.lock")):
            building.unlink(missing_ok=True)
            try:
                yield from _build_file(building, self._module)
                _flush(building)
                os.replace(building, self._path)
            finally:
                building.unlink(missing_ok=True)

    def _prepare_folder(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NoStore(f"{self._path.parent}: cannot be made: {error.strerror}.") from None
        if not os.access(self._path.parent, os.W_OK):
            raise NoStore(f"{self._path.parent}: cannot be written; choose another database.")

    def close(self) -> None:
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
            self._engine = self._opened = None


def _build_file(path: Path, module: str) -> Iterator[Connection]:
    engine = _spatialite_engine(path, module, read_only=False)
    try:
        with engine.begin() as connection:
            connection.execute(select(func.InitSpatialMetaDataFull(0, "WGS84_ONLY")))
            yield connection
    finally:
        engine.dispose()


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


@contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"{path}: another build is running; wait for it to end.") from None
        yield


def _spatialite_engine(path: Path, module: str, *, read_only: bool) -> Engine:
    driver = _sqlite_driver()
    # A published file is never written again under its name, so reading it needs no locks.
    uri = f"{path.resolve().as_uri()}?{'mode=ro&immutable=1' if read_only else 'mode=rwc'}"

    def connect() -> Any:
        try:
            connection = driver.connect(uri, uri=True, check_same_thread=False)
            connection.execute("PRAGMA schema_version").fetchone()
        except driver.DatabaseError as error:
            raise NoStore(f"{path}: cannot be opened as a database: {error}.") from None
        _load_spatialite(connection, module)
        for name, count, function in functions.FOR_SQLITE:
            connection.create_function(name, count, function, deterministic=True)
        if read_only:
            connection.execute(f"PRAGMA mmap_size = {_MAPPED_BYTES}")
        else:
            # A file that is being built is thrown away when the build fails: it need not survive a crash.
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("PRAGMA journal_mode = MEMORY")
        return connection

    pool = QueuePool if read_only else NullPool
    return create_engine("sqlite://", module=driver, creator=connect, poolclass=pool)


def _sqlite_driver() -> ModuleType:
    """The standard module where it can load extensions, else pysqlite3 (pyenv and macOS builds cannot)."""
    if hasattr(sqlite3.Connection, "enable_load_extension"):
        return sqlite3
    try:
        driver = import_module("pysqlite3.dbapi2")
    except ImportError:
        raise MissingExtension(
            "This Python's sqlite3 cannot load extensions; install the package pysqlite3-binary."
        ) from None
    return driver


def _load_spatialite(connection: Any, module: str) -> None:
    try:
        connection.enable_load_extension(True)
        connection.load_extension(module)
        connection.enable_load_extension(False)
    except Exception as error:
        raise MissingExtension(
            f"{module}: SpatiaLite cannot be loaded ({error}); on Debian: apt-get install libsqlite3-mod-spatialite."
        ) from None


# --- PostGIS ----------------------------------------------------------------------------------


class PostgisStore(Store):
    """One schema a version."""

    def __init__(self, url: URL) -> None:
        self._name = url.render_as_string(hide_password=True)
        patience = {"connect_timeout": 10}
        # Readers ask for little: to compile it (jit), to call helpers or to announce to the disk what will be
        # read takes longer than it saves.
        chosen = {"statement_timeout": f"{STATEMENT_SECONDS}s", "jit": "off"}
        chosen |= {"max_parallel_workers_per_gather": "0", "effective_io_concurrency": "0"}
        chosen |= {"plan_cache_mode": "force_custom_plan"}  # what is near depends on where one asks
        options = {"options": " ".join(f"-c {name}={value}" for name, value in chosen.items())}
        self._building = create_engine(url, poolclass=NullPool, connect_args=patience)
        # Readers need no transaction, and nothing to reset: a schema does not change once it is published.
        self._reading = create_engine(
            url, isolation_level="AUTOCOMMIT", pool_reset_on_return=None, connect_args={**patience, **options}
        )
        listening = {**patience, **_ALIVE}
        self._listening = create_engine(
            url, isolation_level="AUTOCOMMIT", poolclass=NullPool, connect_args=listening
        )
        self._pointer = Pointer(self._detached, _newest, self._reading.dispose)

    def _detached(self) -> Any:
        """A connection of the driver, for a thread that keeps it."""
        held = self._listening.raw_connection()
        driver = held.driver_connection
        held.detach()
        return driver

    def current(self) -> Current:
        known = self._pointer.known()
        if known is None:
            with self.read() as connection:
                known = current_of(connection)
        return known

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._connect(self._reading) as connection:
            known = self._pointer.known() if quiet(driver_of(connection)) else None
            current = known or self._pointed(connection)
            yield connection.execution_options(schema_translate_map={None: current.token}, current=current)

    def _pointed(self, connection: Connection) -> Current:
        """The version that is served; asks once more when the connection has died since it was last used."""
        dead: type[Exception] = connection.dialect.loaded_dbapi.OperationalError
        try:
            current = _published(connection)
        except dead as error:
            connection.invalidate(error)
            with self._translated():
                current = _published(connection)
        if current is None:
            raise NothingPublished(f"{self._name}: no data published; run `corridor build`.")
        return current

    @contextmanager
    def publish(self) -> Iterator[Connection]:
        with self._connect(self._building) as connection, _advisory_lock(connection, self._name):
            _prepare(connection, self._name)
            serial, schema = _new_schema(connection)
            with _dropped_on_failure(connection, schema), _transaction(connection):
                connection.execute(text(_QUICK_COMPRESSION))
                yield connection.execution_options(schema_translate_map={None: schema})
                pointer = text(f"INSERT INTO {_SCHEMA}.published (serial, schema) VALUES (:serial, :schema)")
                connection.execute(pointer, {"serial": serial, "schema": schema})
                connection.execute(text(f"NOTIFY {CHANNEL}"))  # heard when this is committed
            self._pointer.doubt()
            _drop_old(connection)

    @contextmanager
    def _connect(self, engine: Engine) -> Iterator[Connection]:
        with self._translated():
            connection = engine.connect()
        with connection:
            yield connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            raise NoStore(f"{self._name}: cannot connect: {_first_line(error)}") from None

    def close(self) -> None:
        self._pointer.close()
        self._reading.dispose()


# How soon it is noticed that the other end of a line is gone: after 15 s.
_ALIVE = {"keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 2}


# Several times as fast to read as PostgreSQL's own; a server may have been built without it.
_QUICK_COMPRESSION = (
    "SELECT set_config(name, 'lz4', true) FROM pg_settings "
    "WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)"
)


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]


def _published(connection: Connection) -> Current | None:
    """The schema that is served, None when nothing has been published."""
    try:
        return _newest(driver_of(connection))
    except connection.dialect.loaded_dbapi.ProgrammingError:
        return None


def _newest(driver: Any) -> Current | None:
    """Asked of the driver itself, which takes a third of the time."""
    newest = f"SELECT schema, at FROM {_SCHEMA}.published ORDER BY serial DESC LIMIT 1"
    row = driver.execute(newest).fetchone()
    return None if row is None else Current(*row)


@contextmanager
def _transaction(connection: Connection) -> Iterator[None]:
    """All or nothing: committed at the end of the block, rolled back when it fails."""
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


@contextmanager
def _advisory_lock(connection: Connection, name: str) -> Iterator[None]:
    """One build at a time on a database; the lock goes with the session that holds it."""
    key = int.from_bytes(hashlib.sha256(_SCHEMA.encode()).digest()[:7], "big")
    if not connection.scalar(select(func.pg_try_advisory_lock(key))):
        raise Busy(f"{name}: another build is running; wait for it to end.")
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(select(func.pg_advisory_unlock(key)))
        connection.commit()


def _prepare(connection: Connection, name: str) -> None:
    """PostGIS and the table of what is published, made where they are missing."""
    try:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS postgis"))
    except DBAPIError as error:
        connection.rollback()
        raise MissingExtension(
            f"{name}: PostGIS is missing ({_first_line(error)}); on Debian: apt-get install "
            "postgresql-postgis, then CREATE EXTENSION postgis as a superuser."
        ) from None
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {_SCHEMA}"))
    for statement in functions.for_postgresql(_SCHEMA):
        connection.execute(text(statement))
    connection.execute(
        text(
            f"CREATE TABLE IF NOT EXISTS {_SCHEMA}.published "
            "(serial bigserial PRIMARY KEY, schema text NOT NULL, at timestamptz NOT NULL DEFAULT now())"
        )
    )
    connection.commit()


def _new_schema(connection: Connection) -> tuple[int, str]:
    """An empty place for a version, which nobody is told of; those that were left by a build that was killed go."""
    left = f"SELECT nspname FROM pg_namespace WHERE nspname ~ '^{_SCHEMA}_v[0-9]+$'"
    for schema in connection.scalars(
        text(f"{left} AND nspname NOT IN (SELECT schema FROM {_SCHEMA}.published)")
    ):
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    serial = connection.scalar(text(f"SELECT nextval('{_SCHEMA}.published_serial_seq')"))
    schema = f"{_SCHEMA}_v{serial}"
    connection.execute(text(f"CREATE SCHEMA {schema}"))
    connection.commit()
    return serial, schema


@contextmanager
def _dropped_on_failure(connection: Connection, schema: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(DBAPIError):  # the next build drops what cannot be dropped now
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
            connection.commit()
        raise


def _drop_old(connection: Connection) -> None:
    """Drop the versions that are no longer kept; one that is still being read goes with a later build."""
    kept = f"SELECT serial, schema FROM {_SCHEMA}.published ORDER BY serial DESC OFFSET {KEPT_VERSIONS}"
    for serial, schema in connection.execute(text(kept)).all():
        with suppress(OperationalError), _transaction(connection):
            connection.execute(text("SET LOCAL lock_timeout = '200ms'"))
            connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
            connection.execute(
                text(f"DELETE FROM {_SCHEMA}.published WHERE serial = :serial"), {"serial": serial}
            )
