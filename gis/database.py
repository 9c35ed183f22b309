"""The two databases, and every difference between them.

Data change only by publishing a whole version. `Store.publish` gives a connection to a place that
no reader sees; when its block ends well the version takes the place of the last one at once, when it
fails nothing has changed. `Store.read` gives a connection to the version that is published then, and
the reader sees that version alone until it closes the connection.

SpatiaLite: a version is a file, written beside the published one and renamed over it.
PostGIS: a version is a schema, and `corridor.published` tells which one is served. The last few
schemas are kept so that a reader who has begun can finish.
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
from datetime import date
from enum import Enum
from importlib import import_module
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any

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
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, ProgrammingError

from gis import functions
from gis.config import Settings
from gis.errors import BadSettings, Busy, MissingExtension, NoStore, NothingPublished
from gis.feature import Bbox
from gis.tables import SRID

KEPT_VERSIONS = 3
_SCHEMA = "corridor"


class Store(ABC):
    """A database that holds published versions of the data."""

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


def dialect_of(connection: Connection) -> str:
    """Which of the two databases this is: `sqlite` or `postgresql`."""
    return connection.dialect.name


def within(dialect: str, features: Table, bbox: Bbox) -> ColumnElement[bool]:
    """The condition that a feature meets a box: by the index first, then exactly."""
    return or_(false(), *(_meets(dialect, features, part) for part in bbox.parts()))


def _meets(dialect: str, features: Table, box: Bbox) -> ColumnElement[bool]:
    exactly = func.ST_Intersects(features.c.geometry, geometry_value(box.geometry()))
    return and_(near(dialect, features, box), exactly)


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
    found = getattr(func, f"ST_{relation}")(left, right)
    # SpatiaLite says -1 where SQL says NULL.
    return func.nullif(found, -1) == 1 if dialect == "sqlite" else found


def ordered(dialect: str, value: ColumnElement[Any]) -> ColumnElement[Any]:
    """A text to be compared by order: that of code points, which is SQLite's own."""
    return collate(value, "C") if dialect == "postgresql" else value


def day_of(dialect: str, instant: ColumnElement[Any]) -> ColumnElement[date]:
    """The day of an instant, in UTC as it is stored."""
    return cast(instant, Date) if dialect == "postgresql" else func.date(instant, type_=Date)


def matches(dialect: str, value: ColumnElement[Any], pattern: Iterable[Wildcard | str]) -> ColumnElement[bool]:
    """Whether a text matches a pattern of texts and wildcards, whole and with case."""
    if dialect == "postgresql":
        text = "".join(_LIKE.get(part) or re.sub(r"([\\%_])", r"\\\1", part) for part in pattern)
        return value.like(literal(text), escape="\\")
    # LIKE of SQLite ignores the case of ASCII letters; GLOB does not.
    text = "".join(_GLOB.get(part) or re.sub(r"([*?[])", r"[\1]", part) for part in pattern)
    return value.op("GLOB", is_comparison=True, return_type=Boolean())(literal(text))


class Wildcard(Enum):
    """What stands for other characters in a pattern."""

    MANY = "%"
    ONE = "_"


_LIKE: dict[Wildcard | str, str] = {Wildcard.MANY: "%", Wildcard.ONE: "_"}
_GLOB: dict[Wildcard | str, str] = {Wildcard.MANY: "*", Wildcard.ONE: "?"}


def called(dialect: str, name: str, *args: ColumnElement[Any]) -> ColumnElement[Any]:
    """A function of `gis.functions`."""
    names = getattr(func, _SCHEMA) if dialect == "postgresql" else func
    return getattr(names, name)(*args)


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
        self._identity: tuple[int, int] | None = None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._current().connect() as connection:
            yield connection

    def _current(self) -> Engine:
        """The engine of the file that is there now; a new one when the file has been replaced."""
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            raise NothingPublished(f"{self._path}: no database; run `corridor build`.") from None
        identity = (stat.st_ino, stat.st_mtime_ns)
        with self._lock:
            if self._engine is None or identity != self._identity:
                if self._engine is not None:
                    self._engine.dispose()
                self._engine = _spatialite_engine(self._path, self._module, read_only=True)
                self._identity = identity
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
            self._engine = self._identity = None


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
        if not read_only:
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
        self._engine = create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10})

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._connect() as connection:
            schema = _published_schema(connection)
            if schema is None:
                raise NothingPublished(f"{self._name}: no data published; run `corridor build`.")
            yield connection.execution_options(schema_translate_map={None: schema})

    @contextmanager
    def publish(self) -> Iterator[Connection]:
        with self._connect() as connection, _advisory_lock(connection, self._name):
            _prepare(connection, self._name)
            with _transaction(connection):
                serial = connection.scalar(text(f"SELECT nextval('{_SCHEMA}.published_serial_seq')"))
                schema = f"{_SCHEMA}_v{serial}"
                connection.execute(text(f"CREATE SCHEMA {schema}"))
                yield connection.execution_options(schema_translate_map={None: schema})
                pointer = text(f"INSERT INTO {_SCHEMA}.published (serial, schema) VALUES (:serial, :schema)")
                connection.execute(pointer, {"serial": serial, "schema": schema})
            _drop_old(connection)

    @contextmanager
    def _connect(self) -> Iterator[Connection]:
        try:
            connection = self._engine.connect()
        except OperationalError as error:
            raise NoStore(f"{self._name}: cannot connect: {_first_line(error)}") from None
        with connection:
            yield connection

    def close(self) -> None:
        self._engine.dispose()


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]


def _published_schema(connection: Connection) -> str | None:
    """The schema that is served, None when nothing has been published."""
    try:
        newest = f"SELECT schema FROM {_SCHEMA}.published ORDER BY serial DESC LIMIT 1"
        schema: str | None = connection.scalar(text(newest))
    except ProgrammingError:
        connection.rollback()
        return None
    return schema


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
        connection.exec_driver_sql(statement)
    connection.execute(
        text(
            f"CREATE TABLE IF NOT EXISTS {_SCHEMA}.published "
            "(serial bigserial PRIMARY KEY, schema text NOT NULL, at timestamptz NOT NULL DEFAULT now())"
        )
    )
    connection.commit()


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
