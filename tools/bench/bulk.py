"""A million rows of a CSV into the databases: `corridor import`'s own way beside ogr2ogr, in one run.

python -m tools.bench.bulk FOLDER DATABASE [--rows N]: the database is a PostGIS of its own. Prints Markdown.
The file has longitude, latitude, name, category and value; districts are assigned to every row. Ours is
what the command does from the first byte of the file to the published version: it keeps the file, writes
the GeoJSON text of each feature, and makes twelve indexes; ogr2ogr copies the columns and makes two.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from etl import read
from etl.importing.options import Options
from etl.imports import Imports
from gis.config import Settings
from gis.database import open_store
from gis.layer import Catalog, Field, Geometry, Layer, Type, Value
from gis.symbol import Marker
from tools.bench.data import CONTENTS, KINDS, SENSORS

ROWS = 1_000_000
GOAL_MB = 1536
_PAUSE_S = 0.05
POINTS = Layer(
    id="readings",
    title="读数",
    geometry=Geometry.POINT,
    symbol=Marker("#335577"),
    kinds=tuple(Value(kind, kind) for kind in KINDS),
    fields=(Field("value", Type.NUMBER, "值"),),
)
_SAID = Options(columns={"kind": "category"})
_SOURCES = ("registry.toml", "boundaries.toml", "base/districts.geojson")


@dataclass(frozen=True)
class Taken:
    """How long something took, and the most memory that its processes had together."""

    seconds: float
    peak_mb: float


def measured(folder: Path, database: str, rows: int = ROWS) -> Mapping[str, Taken]:
    """The times of ogr2ogr (where it is installed), of ours into PostGIS, and of ours into SpatiaLite."""
    file = _written(folder / f"readings-{rows}.csv", rows)
    found = {}
    if shutil.which("ogr2ogr"):
        found["ogr2ogr"] = _run(_ogr2ogr(file, database), {"PG_USE_COPY": "YES"})
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("DROP TABLE by_ogr2ogr")
    embedded = folder / "bulk.sqlite"
    embedded.unlink(missing_ok=True)
    _empty(database)
    for name, url in (("PostGIS", database), ("SpatiaLite", f"sqlite:///{embedded}")):
        command = [sys.executable, "-m", "tools.bench.bulk", "--load", str(file), str(folder), url]
        found[name] = _run(command, {})
    return found


def told(found: Mapping[str, Taken], rows: int = ROWS) -> Iterator[str]:
    """The figures as a table."""
    yield f"| {rows:,} rows of CSV, districts assigned | seconds | beside ogr2ogr | most memory, MB (goal {GOAL_MB}) |"
    yield "|---|--:|--:|--:|"
    theirs = found.get("ogr2ogr")
    for name, taken in found.items():
        beside = f"{taken.seconds / theirs.seconds:.2f} ×" if theirs else "–"
        yield f"| {name} | {taken.seconds:.1f} | {beside} | {taken.peak_mb:.0f} |"


def database_beside(database: str) -> str:
    """A database of its own on the same server."""
    server, _, _ = database.rpartition("/")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS bench_bulk WITH (FORCE)")
        connection.execute("CREATE DATABASE bench_bulk")
    with psycopg.connect(f"{server}/bench_bulk", autocommit=True) as connection:
        connection.execute("CREATE EXTENSION postgis")
    return f"{server}/bench_bulk"


def _written(path: Path, rows: int) -> Path:
    if not path.exists():
        with path.open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file)
            lines.writerow(["lon", "lat", "name", "category", "value"])
            for one in CONTENTS[SENSORS](rows):
                assert one.geometry is not None
                said = one.properties
                lines.writerow([one.geometry.x, one.geometry.y, said["name"], said["kind"], said["reading"]])
    return path


def _empty(database: str) -> None:
    """Nothing has been published before: there is no earlier version to compare with."""
    held = "SELECT nspname FROM pg_namespace WHERE nspname ~ '^corridor'"
    with psycopg.connect(database, autocommit=True) as connection:
        for (schema,) in connection.execute(held).fetchall():
            connection.execute(f"DROP SCHEMA {schema} CASCADE".encode())


def _ogr2ogr(file: Path, database: str) -> list[str]:
    places = ["-oo", "X_POSSIBLE_NAMES=lon", "-oo", "Y_POSSIBLE_NAMES=lat", "-a_srs", "EPSG:4326"]
    return [
        "ogr2ogr",
        "-f",
        "PostgreSQL",
        f"PG:{database}",
        str(file),
        "-nln",
        "by_ogr2ogr",
        "-overwrite",
        *places,
    ]


def _run(command: list[str], environment: Mapping[str, str]) -> Taken:
    started = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, **environment})
    peaks = [0]
    watcher = threading.Thread(target=_watch, args=(process, peaks), daemon=True)
    watcher.start()
    if process.wait():
        raise SystemExit(f"{command[0]} failed")
    taken = time.perf_counter() - started
    watcher.join()
    return Taken(taken, max(peaks) / 2**20)


def _watch(process: subprocess.Popen[bytes], peaks: list[int]) -> None:
    while process.poll() is None:
        peaks.append(sum(_resident(pid) for pid in _tree(process.pid)))
        time.sleep(_PAUSE_S)


def _tree(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from _tree(int(child))


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
    except OSError:
        return 0


def _load(file: Path, folder: Path, database: str) -> None:
    """Import a file into a layer of its own, as the command does."""
    sources = folder / "sources"
    for name in _SOURCES:
        (sources / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(read.SOURCES / name, sources / name)
    (folder / "gazetteer").mkdir(exist_ok=True)
    store = open_store(Settings(database=database))
    with tempfile.TemporaryDirectory(dir=folder) as kept:
        report = Imports(Path(kept), store, Catalog([POINTS]), sources=sources).add(file, POINTS.id, _SAID)
    store.close()
    print(report, file=sys.stderr)


def main() -> None:
    """Measure and print; or, as a part of that, load."""
    parser = argparse.ArgumentParser(prog="bench.bulk")
    parser.add_argument("folder", type=Path)
    parser.add_argument("database")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--load", type=Path, help="only load this file")
    options = parser.parse_args()
    folder: Path = options.folder.resolve()
    if options.load:
        _load(options.load, folder, options.database)
        return
    folder.mkdir(parents=True, exist_ok=True)
    print("\n".join(told(measured(folder, options.database, options.rows), options.rows)))


if __name__ == "__main__":
    main()
