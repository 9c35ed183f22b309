"""Real GIS clients against a running service over the shipped data, on both databases.

ogr2ogr is Debian's GDAL, pyogrio brings a newer one of its own, OWSLib is what Python scripts use, QGIS is
asked through its own Python. Each must find what the endpoint says: every feature, every value, the same
types, extent, filters and pages.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import geopandas
import numpy as np
import pandas
import pyogrio
import pytest
import shapely
from owslib.ogcapi.features import Features
from shapely.geometry.base import BaseGeometry

import layers
from gis.apart import apart
from gis.layer import Type
from tests.conftest import REQUIRE_ALL

IDS = list(layers.catalog())
QGIS_REQUIRED = os.environ.get("CORRIDOR_TEST_QGIS") == "1"
# What a server of this machine needs: no proxy, and no long waits when something is wrong.
QUIET = {**os.environ, "GDAL_HTTP_TIMEOUT": "60", "no_proxy": "127.0.0.1"}
BOX = (114.3, 30.3, 114.7, 30.7)
PREDICATE = "city = 420700 AND precision <> 'city'"
IN_BOX, CHOSEN = f"bbox={','.join(map(str, BOX))}", f"filter={quote(PREDICATE)}"
# The types of fields as GDAL and QGIS name them; a column that is empty as far as a client looks may be a text.
OGR_TYPES = {
    Type.TEXT: {"OFTString"},
    Type.INTEGER: {"OFTInteger", "OFTInteger64"},
    Type.NUMBER: {"OFTReal"},
    Type.BOOLEAN: {"OFTInteger"},
    Type.DATE: {"OFTDate"},
    Type.DATETIME: {"OFTDateTime"},
}
QGIS_TYPES = {
    Type.TEXT: "String",
    Type.INTEGER: "Integer",
    Type.NUMBER: "Real",
    Type.BOOLEAN: "Boolean",
    Type.DATE: "Date",
    Type.DATETIME: "DateTime",
}


@dataclass(frozen=True)
class Seen:
    """A feature as someone sees it: its values, None where there is none, and its geometry."""

    values: Mapping[str, Any]
    geometry: BaseGeometry | None


Truth = Mapping[str, Mapping[int, Seen]]


def fetch(url: str) -> Any:
    with urlopen(url, timeout=60) as answer:
        return json.load(answer)


@pytest.fixture(scope="session")
def truth(live_shipped: str) -> Truth:
    """Every feature of every collection as the endpoint gives it, page by page, by its id."""
    return {
        layer_id: dict(_pages(f"{live_shipped}/collections/{layer_id}/items?limit=500")) for layer_id in IDS
    }


def _pages(url: str) -> Iterator[tuple[int, Seen]]:
    while url:
        page = fetch(url)
        for feature in page["features"]:
            yield (
                feature["id"],
                Seen(feature["properties"], placed(feature["geometry"])),
            )
        url = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")


def placed(geometry: Mapping[str, Any] | None) -> BaseGeometry | None:
    return None if geometry is None else shapely.from_geojson(json.dumps(geometry))


@dataclass(frozen=True)
class Opened:
    """A layer as GDAL has it: the types of its fields, its count and bounds, its features by their ids."""

    types: Mapping[str, str]
    count: int
    bounds: tuple[float, ...]
    features: Mapping[int, Seen]


def read(source: str | Path, *layer_ids: str, **asked: Any) -> dict[str, Opened]:
    """What this Python's GDAL makes of layers.

    In a process of its own: while it waits for an answer no other thread runs, and the service is one.
    """
    return apart(_read, str(source), layer_ids, asked)


def _read(source: str, layer_ids: Sequence[str], asked: Mapping[str, Any]) -> dict[str, Opened]:
    return {layer_id: _opened(source, layer_id, asked) for layer_id in layer_ids}


def _opened(source: str, layer_id: str, asked: Mapping[str, Any]) -> Opened:
    info = pyogrio.read_info(source, layer=layer_id, force_feature_count=True, force_total_bounds=True)
    meta, fids, shapes, columns = pyogrio.raw.read(source, layer=layer_id, return_fids=True, **asked)
    values = (dict(zip(meta["fields"], map(plain, row), strict=True)) for row in zip(*columns, strict=True))
    places = (None if shape is None else shapely.from_wkb(shape) for shape in shapes)
    features = dict(zip(map(int, fids), map(Seen, values, places), strict=True))
    types = dict(zip(info["fields"], info["ogr_types"], strict=True))
    return Opened(types, info["features"], tuple(info["total_bounds"]), features)


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if value is None or (isinstance(value, float | np.floating) and math.isnan(value)):
        return None
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else str(value.astype("datetime64[D]"))
    return value.item() if isinstance(value, np.generic) else value


def agree(found: Mapping[int, Seen], truth: Mapping[int, Seen], what: str) -> None:
    """Every feature, every value, every place to the tenth of a millimetre (1e-9 degrees)."""
    assert found.keys() == truth.keys(), what
    for feature_id, seen in truth.items():
        assert dict(found[feature_id].values) == dict(seen.values), f"{what} {feature_id}"
        same_place(found[feature_id].geometry, seen.geometry, f"{what} {feature_id}")


def same_place(one: BaseGeometry | None, other: BaseGeometry | None, what: str, within: float = 1e-9) -> None:
    if one is None or other is None:
        assert one is other, what
        return
    there = [shapely.get_coordinates(shapely.normalize(shape)) for shape in (one, other)]
    assert there[0].shape == there[1].shape and np.allclose(*there, rtol=0, atol=within), what


def needed(program: str, *, required: bool) -> str:
    found = shutil.which(program)
    if found is None:
        message = f"no {program} here (make test installs it)"
        pytest.fail(message) if required else pytest.skip(message)
    return found


def satisfying(url: str, layer_id: str, asked: str) -> list[int]:
    """The ids of what satisfies a query, by the endpoint."""
    return [
        feature["id"]
        for feature in fetch(f"{url}/collections/{layer_id}/items?limit=10000&{asked}")["features"]
    ]


def extent(url: str, layer_id: str) -> list[float]:
    box: list[float] = fetch(f"{url}/collections/{layer_id}")["extent"]["spatial"]["bbox"][0]
    return box


def test_the_shipped_layers_hold_something(truth: Truth) -> None:
    assert len(truth["cities"]) == 5
    assert len(truth["districts"]) == 38
    assert all(truth.values())


def test_debians_gdal_reads_every_value_of_every_layer(
    live_shipped: str, truth: Truth, tmp_path: Path
) -> None:
    ogr2ogr, copy = needed("ogr2ogr", required=REQUIRE_ALL), tmp_path / "copy.gpkg"
    command = [ogr2ogr, "-f", "GPKG", "-preserve_fid", str(copy), f"OAPIF:{live_shipped}"]
    subprocess.run(command, capture_output=True, timeout=300, env=QUIET, check=True)
    for layer_id, found in read(copy, *IDS).items():
        agree(found.features, truth[layer_id], f"GDAL {layer_id}")


def test_debians_gdal_tells_the_count_and_the_extent(live_shipped: str, truth: Truth) -> None:
    ogrinfo = needed("ogrinfo", required=REQUIRE_ALL)
    command = [ogrinfo, "-ro", "-so", f"OAPIF:{live_shipped}", "laboratories"]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=300, env=QUIET, check=True).stdout
    assert f"Feature Count: {len(truth['laboratories'])}" in shown
    west, south, east, north = extent(live_shipped, "laboratories")
    assert f"Extent: ({west:.6f}, {south:.6f}) - ({east:.6f}, {north:.6f})" in shown


def test_a_newer_gdal_reads_every_value_of_every_layer_with_its_type(live_shipped: str, truth: Truth) -> None:
    if "OAPIF" not in pyogrio.list_drivers():
        pytest.skip("this pyogrio was built without OAPIF")
    for layer_id, found in read(f"OAPIF:{live_shipped}", *IDS).items():
        agree(found.features, truth[layer_id], layer_id)
        for field in layers.catalog()[layer_id].all_fields:
            assert found.types[field.name] in OGR_TYPES[field.type], f"{layer_id}.{field.name}"
        assert found.count == len(truth[layer_id])
        assert found.bounds == pytest.approx(extent(live_shipped, layer_id), abs=1e-9)


def test_a_newer_gdal_filters_and_pages_as_the_endpoint_does(live_shipped: str, truth: Truth) -> None:
    if "OAPIF" not in pyogrio.list_drivers():
        pytest.skip("this pyogrio was built without OAPIF")
    source, some = f"OAPIF:{live_shipped}", ("laboratories", "districts", "indicators")
    for layer_id, paged in read(source, *some, PAGE_SIZE=15).items():
        agree(paged.features, truth[layer_id], f"{layer_id} in pages")
    for layer_id, boxed in read(source, *some, bbox=BOX).items():
        assert sorted(boxed.features) == satisfying(live_shipped, layer_id, IN_BOX)
    for layer_id, chosen in read(source, *some, where=PREDICATE).items():
        assert sorted(chosen.features) == satisfying(live_shipped, layer_id, CHOSEN)


def test_geopandas_reads_every_value_of_every_collection(live_shipped: str, truth: Truth) -> None:
    for layer_id in IDS:
        frame = geopandas.read_file(f"{live_shipped}/collections/{layer_id}/items?limit=10000")
        assert frame.crs.to_epsg() == 4326
        names = [name for name in frame.columns if name != "geometry"]
        rows = ({name: _of_frame(row[name]) for name in names} for _, row in frame.iterrows())
        found = {
            values["key"]: Seen(values, place) for values, place in zip(rows, frame.geometry, strict=True)
        }
        ids = {seen.values["key"]: feature_id for feature_id, seen in truth[layer_id].items()}
        agree({ids[key]: seen for key, seen in found.items()}, truth[layer_id], f"geopandas {layer_id}")


def _of_frame(value: Any) -> Any:
    if pandas.isna(value):
        return None
    return value.date().isoformat() if isinstance(value, pandas.Timestamp) else plain(value)


def test_owslib_finds_its_way_filters_and_pages(live_shipped: str, truth: Truth) -> None:
    service = Features(live_shipped)
    assert set(service.feature_collections()) == set(IDS)
    for layer_id in IDS:
        found, total = {}, len(truth[layer_id])
        while len(found) < total:
            page = service.collection_items(layer_id, limit=100, offset=len(found))
            assert page["numberMatched"] == total
            for one in page["features"]:
                found[one["id"]] = Seen(one["properties"], placed(one["geometry"]))
        agree(found, truth[layer_id], f"OWSLib {layer_id}")
    boxed = service.collection_items("laboratories", bbox=list(BOX), limit=1000)
    assert [f["id"] for f in boxed["features"]] == satisfying(live_shipped, "laboratories", IN_BOX)
    chosen = service.collection_items("laboratories", filter=PREDICATE, limit=1000)
    assert [f["id"] for f in chosen["features"]] == satisfying(live_shipped, "laboratories", CHOSEN)
    assert "city" in service.collection_queryables("laboratories")["properties"]
    district = service.collection_item("districts", "420106")
    assert district["properties"]["name"] == "武昌区"


def test_qgis_reads_every_value_of_every_layer(live_shipped: str, truth: Truth) -> None:
    seen = _qgis(live_shipped)
    for layer_id in IDS:
        layer, one = layers.catalog()[layer_id], seen[layer_id]
        assert one["valid"], layer_id
        keys = {known.values["key"]: feature_id for feature_id, known in truth[layer_id].items()}
        assert one["count"] == len(truth[layer_id]) == len(one["paged"])
        assert sorted(one["features"]) == one["paged"] == sorted(keys)
        for key, (values, place) in one["features"].items():
            known = truth[layer_id][keys[key]]
            assert {name: _typed(values[name], known.values[name]) for name in values} == known.values, key
            same_place(place and shapely.from_wkt(place), known.geometry, key, within=1e-8)
        assert one["extent"] == pytest.approx(extent(live_shipped, layer_id), abs=1e-6)
        for name, asked in (
            ("in_box", IN_BOX),
            ("chosen", CHOSEN),
        ):
            found = sorted(keys[key] for key in one[name])
            assert found == sorted(satisfying(live_shipped, layer_id, asked)), f"{layer_id} {name}"
        for field in layer.all_fields:
            empty = all(known.values[field.name] is None for known in list(truth[layer_id].values())[:10])
            expected = {QGIS_TYPES[field.type], *(["String"] if empty else [])}
            # A number without decimals in the first features is a whole one to QGIS 3.22.
            expected |= {"Integer"} if field.type is Type.NUMBER else set()
            assert one["types"][field.name] in expected, f"{layer_id}.{field.name}"


def _typed(value: Any, known: Any) -> Any:
    """A value as the endpoint has it, where QGIS has taken the column for one of texts."""
    return type(known)(value) if isinstance(value, str) and isinstance(known, int | float) else value


def _qgis(url: str) -> dict[str, Any]:
    """What the probe prints, run by the Python that has QGIS."""
    python = needed("/usr/bin/python3", required=QGIS_REQUIRED)
    environment = {**QUIET, "QT_QPA_PLATFORM": "offscreen"}
    environment.pop("PYTHONPATH", None)
    there = subprocess.run(
        [python, "-c", "import qgis.core"], capture_output=True, env=environment, timeout=120
    )
    if there.returncode:
        message = "no QGIS here (make test-clients installs it)"
        pytest.fail(message) if QGIS_REQUIRED else pytest.skip(message)
    command = [python, str(Path(__file__).with_name("qgis_probe.py")), url, *IDS]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=600, env=environment, check=True)
    found: dict[str, Any] = json.loads(shown.stdout.strip().splitlines()[-1])
    return found
