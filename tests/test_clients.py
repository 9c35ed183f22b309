"""Real GIS clients against a running service over the shipped data, on both databases.

ogrinfo is Debian's GDAL, pyogrio brings a newer one of its own, OWSLib is what Python scripts use, QGIS
is asked through its own Python. Each must find what the endpoint says is there.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import geopandas
import pyogrio
import pytest
from owslib.ogcapi.features import Features

import layers
from tests.conftest import REQUIRE_ALL

IDS = list(layers.catalog())
QGIS_REQUIRED = os.environ.get("CORRIDOR_TEST_QGIS") == "1"
# What a server of this machine needs: no proxy, and no long waits when something is wrong.
QUIET = {**os.environ, "GDAL_HTTP_TIMEOUT": "30", "no_proxy": "127.0.0.1"}


def fetch(url: str) -> Any:
    with urlopen(url, timeout=30) as answer:
        return json.load(answer)


@pytest.fixture(scope="session")
def counts(live_shipped: str) -> dict[str, int]:
    """The count of every collection as the endpoint gives it."""
    return {
        layer_id: fetch(f"{live_shipped}/collections/{layer_id}/items?limit=1")["numberMatched"]
        for layer_id in IDS
    }


def needed(program: str, *, required: bool) -> str:
    found = shutil.which(program)
    if found is None:
        message = f"no {program} here (make test installs it)"
        pytest.fail(message) if required else pytest.skip(message)
    return found


def test_the_shipped_layers_hold_something(counts: dict[str, int]) -> None:
    assert counts["cities"] == 5
    assert counts["districts"] == 38
    assert all(counts.values()), counts


def test_ogrinfo_counts_the_same(live_shipped: str, counts: dict[str, int]) -> None:
    ogrinfo = needed("ogrinfo", required=REQUIRE_ALL)
    command = [ogrinfo, "-ro", "-so", "-al", f"OAPIF:{live_shipped}"]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=300, env=QUIET, check=True).stdout
    seen = dict(re.findall(r"Layer name: (\w+)(?:.|\n)*?Feature Count: (\d+)", shown))
    assert {name: int(count) for name, count in seen.items()} == counts


def test_geopandas_reads_every_collection(live_shipped: str, counts: dict[str, int]) -> None:
    for layer_id in IDS:
        frame = geopandas.read_file(f"{live_shipped}/collections/{layer_id}/items?limit=10000")
        assert len(frame) == counts[layer_id], layer_id
        assert frame.crs.to_epsg() == 4326


def test_a_newer_gdal_follows_pages_and_keeps_types(live_shipped: str, counts: dict[str, int]) -> None:
    if "OAPIF" not in pyogrio.list_drivers():
        pytest.skip("this pyogrio was built without OAPIF")
    for layer_id in IDS:
        info = pyogrio.read_info(f"OAPIF:{live_shipped}", layer=layer_id, force_feature_count=True)
        assert info["features"] == counts[layer_id], layer_id
        types = dict(zip(info["fields"], info["ogr_types"], strict=True))
        assert types["city"] in ("OFTInteger", "OFTInteger64"), layer_id
        assert types["radius_m"] in ("OFTReal", "OFTInteger", "OFTInteger64"), layer_id


def test_owslib_finds_its_way(live_shipped: str, counts: dict[str, int]) -> None:
    service = Features(live_shipped)
    assert set(service.feature_collections()) == set(IDS)
    for layer_id in IDS:
        assert service.collection_items(layer_id, limit=1)["numberMatched"] == counts[layer_id]
    district = service.collection_item("districts", "420106")
    assert district["properties"]["name"] == "武昌区"


def test_qgis_counts_the_same(live_shipped: str, counts: dict[str, int]) -> None:
    python = needed("/usr/bin/python3", required=QGIS_REQUIRED)
    environment = {**QUIET, "QT_QPA_PLATFORM": "offscreen"}
    environment.pop("PYTHONPATH", None)
    there = subprocess.run(
        [python, "-c", "import qgis.core"], capture_output=True, env=environment, timeout=120
    )
    if there.returncode:
        message = "no QGIS here (make test-clients installs it)"
        pytest.fail(message) if QGIS_REQUIRED else pytest.skip(message)
    probe = Path(__file__).with_name("qgis_probe.py")
    command = [python, str(probe), live_shipped, *IDS]
    shown = subprocess.run(
        command, capture_output=True, text=True, timeout=600, env=environment, check=True
    ).stdout
    seen = json.loads(shown.strip().splitlines()[-1])
    for layer_id in IDS:
        assert seen[layer_id]["valid"], layer_id
        assert seen[layer_id]["count"] == seen[layer_id]["read"] == counts[layer_id], layer_id
    assert seen["districts"]["with_geometry"] == 38
    assert seen["districts"]["extent"] == pytest.approx(extent(live_shipped, "districts"), abs=1e-6)


def extent(url: str, layer_id: str) -> list[float]:
    box: list[float] = fetch(f"{url}/collections/{layer_id}")["extent"]["spatial"]["bbox"][0]
    return box
