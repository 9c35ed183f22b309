"""Files that `corridor export` writes: every format holds what the store holds, nothing cut, nothing run."""

from __future__ import annotations

import csv
import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import geopandas
import openpyxl
import pyogrio
import pytest
import shapely
from pyproj import Transformer

import cli
from gis import datum, repository, storing
from gis.database import Store
from gis.errors import BadData, BadParameter, BadSettings
from gis.feature import Feature, Query, rounded
from tests.conftest import CONTENTS, FIELDS, HOSTILE, TRACKS, WELLS, properties
from webmap import exporting
from webmap.exporting import Asked, export_file

SUFFIXES = tuple(suffix for suffix in exporting.FORMATS if suffix != ".json")
SPATIAL = (".geojson", ".gpkg", ".zip", ".fgb", ".parquet", ".kml")
COUNT = 6
ALL = Asked()


def written(store: Store, folder: Path, suffix: str, asked: Asked = ALL) -> Path:
    path = folder / f"wells{suffix}"
    assert export_file(store, [WELLS], asked, path) == COUNT
    return path


def opened(path: Path) -> geopandas.GeoDataFrame:
    if path.suffix == ".parquet":
        return geopandas.read_parquet(path)
    source = f"/vsizip/{path}/wells.shp" if path.suffix == ".zip" else str(path)
    frame = pyogrio.read_dataframe(source, fid_as_index=True)
    frame = frame.rename(columns={"Name": "name"})  # an element of KML itself
    # GeoJSON has the id beside the properties, KML knows texts alone.
    frame["id"] = frame.index if path.suffix == ".geojson" else frame["id"].astype("int64")
    return frame


def stored(store: Store) -> dict[int, dict[str, Any]]:
    with store.read() as connection:
        texts = repository.texts(connection, WELLS, Query())
    return {feature["id"]: feature for feature in map(json.loads, texts)}


@pytest.mark.parametrize("suffix", SPATIAL)
def test_every_spatial_format_holds_what_the_store_holds(filled: Store, tmp_path: Path, suffix: str) -> None:
    frame = opened(written(filled, tmp_path, suffix))
    expected = stored(filled)
    assert sorted(frame["id"]) == list(expected)
    for _, row in frame.iterrows():
        feature = expected[row["id"]]
        place = feature["geometry"] and feature["geometry"]["coordinates"]
        assert (row.geometry is None) == (place is None)
        assert place is None or [row.geometry.x, row.geometry.y] == place
        assert row["name"] == feature["properties"]["name"]
        if suffix != ".kml":
            assert row["visits"] == feature["properties"]["visits"] or feature["properties"]["visits"] is None


def test_a_table_holds_what_the_store_holds(filled: Store, tmp_path: Path) -> None:
    expected = stored(filled)
    sheet = openpyxl.load_workbook(written(filled, tmp_path, ".xlsx")).active
    heads, *rows = [[cell.value for cell in row] for row in sheet.rows]
    with written(filled, tmp_path, ".csv").open(encoding="utf-8-sig", newline="") as file:
        texts = list(csv.DictReader(file))
    for row, text in zip(rows, texts, strict=True):
        found = dict(zip(heads, row, strict=True))
        feature = expected[found["id"]]
        assert found["lon"] == (feature["geometry"] and feature["geometry"]["coordinates"][0])
        assert found["drilled_on"] is None or found["drilled_on"].date() == date.fromisoformat(
            feature["properties"]["drilled_on"]
        )
        for name in ("name", "depth", "in_use", "visits"):
            assert found[name] == feature["properties"][name]
        assert text["name"] == found["name"] and (float(text["lon"]) if text["lon"] else None) == found["lon"]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_no_spreadsheet_computes_a_text(store: Store, tmp_path: Path, suffix: str) -> None:
    with store.publish() as connection:
        storing.begin(connection)
        values = properties(WELLS, "k", name="=1+1", note="@SUM(A1)")
        storing.replace(connection, WELLS, [Feature(1, rounded(shapely.Point(114, 30)), values)])
        storing.finish(connection, "formulas")
    path = tmp_path / f"wells{suffix}"
    export_file(store, [WELLS], Asked(), path)
    if suffix == ".csv":
        assert "'=1+1" in path.read_text("utf-8-sig") and ",'@SUM" in path.read_text("utf-8-sig")
        return
    cells = [cell for row in openpyxl.load_workbook(path).active.rows for cell in row if cell.value == "=1+1"]
    assert [(cell.data_type, cell.quotePrefix) for cell in cells] == [("s", True)]


@pytest.mark.parametrize("suffix", [s for s in SPATIAL if s != ".kml"])
@pytest.mark.parametrize("code", [4326, 4490, 4547, 4548, 4526, 3857])
def test_every_offered_system_is_written_x_first(
    filled: Store, tmp_path: Path, suffix: str, code: int
) -> None:
    frame = opened(written(filled, tmp_path, suffix, Asked(crs=f"EPSG:{code}"))).sort_values("id")
    assert frame.crs.to_epsg() == code
    x, y = Transformer.from_crs(4326, code, always_xy=True).transform(114.0, 30.0)
    first = frame.geometry.iloc[0]
    assert (first.x, first.y) == pytest.approx((x, y), abs=1e-3)


@pytest.mark.parametrize("suffix", [s for s in SUFFIXES if s != ".kml"])
def test_a_shifted_datum_is_written_and_claims_no_system(filled: Store, tmp_path: Path, suffix: str) -> None:
    path = written(filled, tmp_path, suffix, Asked(crs="gcj02"))
    lon, lat = datum.wgs84_to_gcj02(114.0, 30.0)
    if suffix in SPATIAL:
        source = f"/vsizip/{path}/wells_gcj02.shp" if suffix == ".zip" else str(path)
        frame = geopandas.read_parquet(path) if suffix == ".parquet" else pyogrio.read_dataframe(source)
        first = frame[frame["key"] == "well-1"].geometry.iloc[0]
        assert (first.x, first.y) == pytest.approx((float(lon), float(lat)), abs=1e-8)
        assert suffix == ".geojson" or frame.crs is None or frame.crs.to_epsg() is None
    else:
        heads = path.read_text("utf-8-sig").splitlines()[0] if suffix == ".csv" else "lon_gcj02"
        assert "lon_gcj02" in heads


def test_geojson_in_wgs84_names_no_system_and_another_one_does(filled: Store, tmp_path: Path) -> None:
    body = json.loads(written(filled, tmp_path, ".geojson").read_text("utf-8"))
    assert "crs" not in body and len(body["features"]) == COUNT
    body = json.loads(written(filled, tmp_path, ".geojson", Asked(crs="EPSG:4547")).read_text("utf-8"))
    assert body["crs"]["properties"]["name"] == "urn:ogc:def:crs:EPSG::4547"
    body = json.loads(written(filled, tmp_path, ".geojson", Asked(crs="bd09")).read_text("utf-8"))
    assert body["coordinate_system"] == "BD-09"


def test_filter_box_and_fields_hold(filled: Store, tmp_path: Path) -> None:
    path = tmp_path / "wells.csv"
    asked = Asked(where="kind = 'dug' AND depth > 11", bbox="114.15,30,115,31", fields="name,depth")
    assert export_file(filled, [WELLS], asked, path) == 2
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["depth"] for row in rows] == ["31.5", "52.5"]
    assert list(rows[0]) == ["id", "name", "depth", "lon", "lat"]


@pytest.mark.parametrize("suffix", [".gpkg", ".zip", ".kml", ".xlsx"])
def test_several_layers_go_into_one_file(filled: Store, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"all{suffix}"
    assert export_file(filled, [WELLS, TRACKS, FIELDS], Asked(), path) == COUNT + 2
    if suffix == ".xlsx":
        assert openpyxl.load_workbook(path).sheetnames == ["wells", "tracks", "plots"]
    elif suffix == ".zip":
        assert {"wells.shp", "tracks.shp", "plots.shp"} <= set(zipfile.ZipFile(path).namelist())
    else:
        assert {name for name, _kind in pyogrio.list_layers(path)} == {"wells", "tracks", "plots"}


LONG = "光谷科技创新大走廊" * 40


def test_a_shapefile_cuts_nothing(store: Store, tmp_path: Path) -> None:
    with store.publish() as connection:
        storing.begin(connection)
        values = properties(WELLS, "k", name=HOSTILE, note=LONG, radius_m=-12345678.25)
        storing.replace(connection, WELLS, [Feature(2**52, rounded(shapely.Point(114, 30)), values)])
        storing.finish(connection, "long")
    path = tmp_path / "wells.zip"
    export_file(store, [WELLS], Asked(), path)
    assert zipfile.ZipFile(path).read("wells.cpg") == b"UTF-8"
    frame = pyogrio.read_dataframe(f"/vsizip/{path}/wells.shp")
    assert all(len(name.encode()) <= 10 for name in frame.columns)
    names = list(
        csv.DictReader(zipfile.ZipFile(path).read("wells_fields.csv").decode("utf-8-sig").splitlines())
    )
    parts = [row["column"] for row in names if row["field"] == "note"]
    assert len(parts) == 5 and "".join(frame[part].iloc[0] for part in parts) == LONG
    assert frame["name"].iloc[0] == HOSTILE and frame["id"].iloc[0] == 2**52
    assert frame["radius_m"].iloc[0] == -12345678.25


def test_a_number_without_room_is_refused(store: Store, tmp_path: Path) -> None:
    with store.publish() as connection:
        storing.begin(connection)
        values = properties(WELLS, "k", radius_m=1.5e200)
        storing.replace(connection, WELLS, [Feature(1, rounded(shapely.Point(114, 30)), values)])
        storing.finish(connection, "large")
    with pytest.raises(BadData, match="wells: has no form as a Shapefile"):
        export_file(store, [WELLS], Asked(), tmp_path / "wells.zip")
    assert list(tmp_path.glob("*wells*")) == []


@pytest.mark.parametrize(
    ("name", "asked", "error"),
    [
        ("wells.doc", Asked(), BadSettings),
        ("none/wells.csv", Asked(), BadSettings),
        ("wells.csv", Asked(crs="EPSG:1"), BadParameter),
        ("wells.kml", Asked(crs="EPSG:4547"), BadParameter),
        ("wells.csv", Asked(where="depth >"), BadParameter),
        ("wells.csv", Asked(where="nothing = 1"), BadParameter),
        ("wells.csv", Asked(bbox="1,2,3"), BadParameter),
        ("wells.csv", Asked(fields="nothing"), BadParameter),
    ],
)
def test_what_cannot_be_written_is_refused_and_leaves_nothing(
    filled: Store, tmp_path: Path, name: str, asked: Asked, error: type[Exception]
) -> None:
    with pytest.raises(error):
        export_file(filled, [WELLS], asked, tmp_path / name)
    assert [path for path in tmp_path.iterdir() if "wells" in path.name or "building" in path.name] == []


def test_one_layer_alone_goes_into_a_csv(filled: Store, tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="one layer, or a file that ends in .gpkg"):
        export_file(filled, [WELLS, TRACKS], Asked(), tmp_path / "all.csv")


def test_an_interrupted_export_leaves_the_former_file(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(filled, tmp_path, ".csv")
    before = path.read_bytes()

    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_file(filled, [WELLS], Asked(), path, interrupted)
    assert path.read_bytes() == before
    assert not list(tmp_path.glob(".*building"))


def test_what_is_internal_stays_unless_it_is_wanted(filled: Store, tmp_path: Path) -> None:
    assert export_file(filled, [WELLS], Asked(internal=True), tmp_path / "wells.csv") == COUNT + 1


def test_the_command_says_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = f"sqlite:///{tmp_path / 'c.sqlite'}"
    assert cli.main(["build", "--database", database]) == 0
    path = tmp_path / "parks.geojson"
    assert cli.main(["export", "parks", "--database", database, "-o", str(path)]) == 0
    count = len(json.loads(path.read_text("utf-8"))["features"])
    assert f"wrote {path}: {count} features, " in capsys.readouterr().err
    assert cli.main(["export", "nowhere", "--database", database, "-o", str(path)]) == 1
    assert "nowhere" in capsys.readouterr().err


def test_all_layers_have_a_place_in_every_format(filled: Store, tmp_path: Path) -> None:
    for layer, _features in CONTENTS:
        for suffix in SUFFIXES:
            assert export_file(filled, [layer], Asked(), tmp_path / f"{layer.id}{suffix}")
