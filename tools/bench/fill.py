"""The databases of the benchmark, filled: this service's by publishing, the peers' from that."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from gis import repository, storing
from gis.config import Settings
from gis.database import Store, open_store
from gis.errors import GisError
from gis.layer import Layer
from tools.bench.data import CONTENTS, COUNTS, SENSORS

EMBEDDED_POINTS = 100_000
_VERSION = "bench-1"


def fill(database: str, folder: Path) -> dict[str, float]:
    """Publish the data and give the peers the same, unless that has been done. Returns what took how many
    seconds, and the most `memory` (MB)."""
    kept = folder / "loaded.json"
    if not (kept.exists() and _is_filled(database)):
        times = _publish(database, COUNTS)
        _give_to_peers(database)
        kept.write_text(json.dumps(times), encoding="utf-8")
    found: dict[str, float] = json.loads(kept.read_text(encoding="utf-8"))
    return found


def fill_embedded(folder: Path) -> str:
    """The URL of an embedded store with some of the points."""
    url = f"sqlite:///{folder / 'points.sqlite'}"
    if not _is_filled(url):
        _publish(url, {layer: EMBEDDED_POINTS if layer is SENSORS else 0 for layer in COUNTS})
    return url


def _is_filled(database: str) -> bool:
    try:
        with _opened(database) as store, store.read() as connection:
            published = repository.published(connection)
            for layer in CONTENTS:
                published.summary(layer, internal=False)
            return published.version == _VERSION
    except (GisError, SQLAlchemyError):
        return False


@contextmanager
def _opened(database: str) -> Iterator[Store]:
    store = open_store(Settings(database=database))
    yield store
    store.close()


def _publish(database: str, counts: Mapping[Layer, int]) -> dict[str, float]:
    times = {}
    with _opened(database) as store, store.publish() as connection:
        storing.begin(connection)
        for layer, make in CONTENTS.items():
            features = make(counts[layer])
            times[layer.id] = _seconds(partial(storing.replace, connection, layer, features))
        storing.finish(connection, _VERSION)
    return times | {"memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _give_to_peers(database: str) -> None:
    """Tables as the peers like them: the same columns without ours, a key, and an index on what is asked for."""
    newest = "SELECT schema FROM corridor.published ORDER BY serial DESC LIMIT 1"
    with psycopg.connect(database, autocommit=True) as connection:
        ((schema,),) = connection.execute(newest).fetchall()
        for layer in CONTENTS:
            columns = ", ".join(("id", "geometry", *(field.name for field in layer.all_fields)))
            for command in (
                f"DROP TABLE IF EXISTS public.{layer.id}",
                f"CREATE TABLE public.{layer.id} AS SELECT {columns} FROM {schema}.layer_{layer.id} ORDER BY id",
                f"ALTER TABLE public.{layer.id} ADD PRIMARY KEY (id)",
                f"CREATE INDEX ON public.{layer.id} USING gist (geometry)",
                f"CREATE INDEX ON public.{layer.id} (kind)",
                f"VACUUM ANALYZE public.{layer.id}",
            ):
                connection.execute(command.encode())


def warm(database: str) -> None:
    """Read everything into the database's memory: what is measured is not the disk."""
    schemas = "SELECT 'public' UNION (SELECT schema FROM corridor.published ORDER BY serial DESC LIMIT 1)"
    tables = (
        "SELECT c.oid, reltoastrelid FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace "
        f"WHERE relkind = 'r' AND nspname IN ({schemas})"
    )
    held = f"SELECT oid FROM ({tables}) AS t UNION SELECT reltoastrelid FROM ({tables}) AS t WHERE reltoastrelid <> 0"
    indexes = f"SELECT indexrelid FROM pg_index WHERE indrelid IN ({held})"
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_prewarm")
        connection.execute(f"SELECT pg_prewarm(oid) FROM ({held} UNION {indexes}) AS r".encode())
