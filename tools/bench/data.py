"""The data of the benchmark: a million points and twenty thousand areas, the same on every machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta

import numpy as np
import shapely

from gis.feature import DECIMALS, Bbox, Feature
from gis.layer import Field, Geometry, Layer, Type, Value
from gis.symbol import Fill, Marker

SEED = 20261122
REGION = Bbox(112.0, 29.0, 116.0, 32.0)
KINDS = ("air", "flood", "noise", "quake", "slope", "soil", "traffic", "water")
_AT_ONCE = 10_000

SENSORS = Layer(
    id="sensors",
    title="监测点",
    geometry=Geometry.POINT,
    symbol=Marker("#335577"),
    kinds=tuple(Value(kind, kind) for kind in KINDS),
    fields=(Field("reading", Type.NUMBER, "读数"), Field("installed", Type.DATE, "安装日期")),
)
PLOTS = Layer(
    id="plots",
    title="地块",
    geometry=Geometry.POLYGON,
    symbol=Fill("#88aa66"),
    kinds=tuple(Value(kind, kind) for kind in KINDS),
    fields=(Field("reading", Type.NUMBER, "读数"), Field("installed", Type.DATE, "登记日期")),
)
_CITIES = (420100, 420200, 420700, 421100, 421200)
_FIRST_DAY = date(2015, 1, 1)


def _sensors(count: int) -> Iterator[Feature]:
    """Points anywhere in the region, in no order."""
    random = np.random.default_rng(SEED)
    for start in range(0, count, _AT_ONCE):
        places = _places(random, min(_AT_ONCE, count - start))
        yield from _features(SENSORS, "监测点", start, shapely.points(places), random)


def _plots(count: int) -> Iterator[Feature]:
    """Areas of 110 vertices, a few hundred metres wide, that may overlap."""
    random = np.random.default_rng(SEED + 1)
    for start in range(0, count, _AT_ONCE // 10):
        centres = _places(random, min(_AT_ONCE // 10, count - start))
        areas = shapely.multipolygons([[shapely.Polygon(_ring(random, centre))] for centre in centres])
        yield from _features(PLOTS, "地块", start, areas, random)


CONTENTS: Mapping[Layer, Callable[[int], Iterator[Feature]]] = {SENSORS: _sensors, PLOTS: _plots}
COUNTS: Mapping[Layer, int] = {SENSORS: 1_000_000, PLOTS: 20_000}


def _places(random: np.random.Generator, count: int) -> np.ndarray:
    corners = (REGION.west, REGION.south), (REGION.east, REGION.north)
    return np.round(random.uniform(*corners, (count, 2)), DECIMALS)


def _ring(random: np.random.Generator, centre: np.ndarray) -> np.ndarray:
    """A closed ring, counterclockwise, that does not cross itself."""
    angles = np.linspace(0, 2 * np.pi, 110)[:-1]
    radii = random.uniform(0.002, 0.004, len(angles))
    ring = np.round(centre + np.column_stack((np.cos(angles), np.sin(angles))) * radii[:, None], DECIMALS)
    return np.vstack((ring, ring[:1]))


def _features(
    layer: Layer, noun: str, start: int, shapes: np.ndarray, random: np.random.Generator
) -> Iterator[Feature]:
    empty: dict[str, object] = dict.fromkeys(field.name for field in layer.all_fields)
    empty |= {"status": "built", "level": "municipal", "precision": "site", "radius_m": 200.0}
    empty |= {"source": "bench", "visibility": "public"}
    kinds, cities = random.integers(len(KINDS), size=len(shapes)), random.integers(5, size=len(shapes))
    readings, days = np.round(random.normal(20, 5, len(shapes)), 2), random.integers(4000, size=len(shapes))
    rows = zip(shapes, kinds.tolist(), cities.tolist(), readings.tolist(), days.tolist(), strict=True)
    for number, (shape, kind, city, reading, day) in enumerate(rows, start=start + 1):
        own = {
            "key": f"{layer.id}-{number}",
            "name": f"{noun}{number}号",
            "kind": KINDS[kind],
            "city": _CITIES[city],
            "reading": reading,
            "installed": _FIRST_DAY + timedelta(days=day),
        }
        yield Feature(number, shape, empty | own)
