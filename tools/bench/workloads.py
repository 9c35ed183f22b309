"""What is asked: the same of every service, each time something else, and of the database itself as the floor."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import asinh, floor, pi, radians, tan

from tools.bench.data import COUNTS, KINDS, PLOTS, REGION, SENSORS
from tools.bench.servers import Server

LARGEST = 10_000
_SHARE = 0.1  # of each side of the region: a box of one hundredth of its area


@dataclass(frozen=True)
class Ask:
    """One thing that is asked for: a path below a collection (or of a tile), the same in SQL, and how many
    features the answer has, None when that is left to the services."""

    layer: str
    path: str
    sql: str = ""
    count: int | None = None
    tile: tuple[int, int, int] | None = None
    all_pages: bool = False

    def path_at(self, server: Server) -> str:
        """The path at a service."""
        collection = server.collection.format(self.layer)
        if self.tile:
            z, x, y = self.tile
            return server.tile.format(collection=collection, z=z, x=x, y=y)
        return f"/collections/{collection}{self.path}"


@dataclass(frozen=True)
class Workload:
    """A sort of asking. `goal` is how many times as fast as the fastest peer this service wants to be, on what
    it has not answered before; `kept_goal` on what it has."""

    name: str
    rounds: int
    goal: float | None
    make: Callable[[random.Random], Ask]
    kept_goal: float | None = None
    peers: frozenset[str] = frozenset({"TiPg", "pygeoapi"})


def _items(table: str, where: str, limit: int, offset: int = 0) -> str:
    return (
        f"SELECT ST_AsGeoJSON(t.*, 'geometry') FROM (SELECT * FROM public.{table} {where} "
        f"ORDER BY id LIMIT {limit} OFFSET {offset}) AS t"
    )


def _page(limit: int, last: int) -> Callable[[random.Random], Ask]:
    """A page among the first, up to the offset `last`."""

    def make(chance: random.Random) -> Ask:
        offset = chance.randrange(last)
        path = f"/items?limit={limit}&offset={offset}"
        return Ask(SENSORS.id, path, _items(SENSORS.id, "", limit, offset), limit)

    return make


def _far(chance: random.Random) -> Ask:
    offset = chance.randrange(COUNTS[SENSORS] // 2, COUNTS[SENSORS] - 1000)
    path = f"/items?limit=1000&offset={offset}"
    return Ask(SENSORS.id, path, _items(SENSORS.id, "", 1000, offset), 1000)


def _export(chance: random.Random) -> Ask:
    """Every area, page after page by the links; a limit that varies lets nothing be answered from what is kept."""
    limit = LARGEST - chance.randrange(100)
    return Ask(
        PLOTS.id,
        f"/items?limit={limit}",
        _items(PLOTS.id, "", COUNTS[PLOTS]),
        COUNTS[PLOTS],
        all_pages=True,
    )


def _box(chance: random.Random) -> tuple[float, ...]:
    width, height = REGION.east - REGION.west, REGION.north - REGION.south
    west = REGION.west + chance.random() * width * (1 - _SHARE)
    south = REGION.south + chance.random() * height * (1 - _SHARE)
    corners = (west, south, west + width * _SHARE, south + height * _SHARE)
    return tuple(round(corner, 6) for corner in corners)


def _in_box(chance: random.Random) -> Ask:
    box = ",".join(map(str, _box(chance)))
    where = f"WHERE ST_Intersects(geometry, ST_MakeEnvelope({box}, 4326))"
    return Ask(SENSORS.id, f"/items?limit=100&bbox={box}", _items(SENSORS.id, where, 100), 100)


def _in_box_of_kind(chance: random.Random) -> Ask:
    box, kind = ",".join(map(str, _box(chance))), chance.choice(KINDS)
    where = f"WHERE ST_Intersects(geometry, ST_MakeEnvelope({box}, 4326)) AND kind = '{kind}'"
    path = f"/items?limit=100&bbox={box}&kind={kind}"
    return Ask(SENSORS.id, path, _items(SENSORS.id, where, 100), 100)


def _one(chance: random.Random) -> Ask:
    number = chance.randint(1, COUNTS[SENSORS])
    return Ask(SENSORS.id, f"/items/{number}", _items(SENSORS.id, f"WHERE id = {number}", 1))


def _tile(zoom: int) -> Callable[[random.Random], Ask]:
    def make(chance: random.Random) -> Ask:
        west, south, east, north = _box(chance)
        x, y = _column_row((west + east) / 2, (south + north) / 2, zoom)
        return Ask(SENSORS.id, "", _tile_sql(zoom, x, y), tile=(zoom, x, y))

    return make


def _column_row(longitude: float, latitude: float, zoom: int) -> tuple[int, int]:
    side = 2**zoom
    return (
        floor((longitude + 180) / 360 * side),
        floor((1 - asinh(tan(radians(latitude))) / pi) / 2 * side),
    )


def _tile_sql(zoom: int, x: int, y: int) -> str:
    """The tile as TiPg's documentation would have it: every attribute."""
    bounds = f"ST_TileEnvelope({zoom}, {x}, {y})"
    near = f"geometry && ST_Transform(ST_TileEnvelope({zoom}, {x}, {y}, margin => 0.0625), 4326)"
    shape = f"ST_AsMVTGeom(ST_Transform(geometry, 3857), {bounds}, 4096, 256)"
    return (
        f"SELECT ST_AsMVT(t, 'sensors', 4096, 'shape') FROM (SELECT {shape} AS shape, s.* FROM public.sensors s "
        f"WHERE {near} LIMIT 10000) AS t"
    ).replace("s.*", "s.id, s.key, s.name, s.kind, s.city, s.status, s.level, s.reading, s.installed")


_TIPG = frozenset({"TiPg"})
IN_BOX = Workload("bbox of 1 %, 100 features", 11, 3, _in_box)
WORKLOADS = (
    Workload("page of 10", 9, 20, _page(10, 1000)),
    Workload("page of 1,000", 7, 15, _page(1000, 10_000)),
    Workload("page of 10,000", 3, 15, _page(LARGEST, 10_000)),
    Workload("page of 1,000, far on", 3, None, _far),
    Workload("all 20,000 polygons", 2, 6, _export),
    IN_BOX,
    Workload("bbox + category", 11, 3, _in_box_of_kind),
    Workload("one item", 25, 3, _one),
    Workload("tile, zoom 8", 5, 1.5, _tile(8), 30, _TIPG),
    Workload("tile, zoom 10", 5, 1.5, _tile(10), 30, _TIPG),
    Workload("tile, zoom 12", 11, 1.5, _tile(12), 30, _TIPG),
)


def asks(workload: Workload, seed: int) -> Iterator[Ask]:
    """What is asked, round by round."""
    chance = random.Random(f"{workload.name} {seed}")
    for _ in range(workload.rounds):
        yield workload.make(chance)
