"""The layers of departments: any CRS and any columns come in, with the common fields filled."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas
import pytest
import shapely
from etl_world import CATALOG, EAST, WEST, areas, world

from etl import departments, run
from etl.conform import conform
from etl.measure import to_metres
from etl.records import Rejected
from gis.declare import Declared
from gis.errors import BadData
from gis.feature import Feature
from gis.layer import Catalog, Field, Geometry, Layer, Type, Value
from gis.symbol import Fill, Marker

POINTS = [shapely.Point(114.2, 30.2), shapely.Point(114.8, 30.3), shapely.Point(120, 30)]
COLUMNS = {"名称": ["甲馆", "乙馆", None], "级别": ["国家级", "省级", None], "开放年份": [1999, 2003, None]}
MUSEUMS = Layer(
    id="city_museums",
    title="博物馆",
    geometry=Geometry.POINT,
    symbol=Marker("#335577"),
    fields=(Field("opened", Type.INTEGER, "开放年份"), Field("grade", Type.TEXT, "等级")),
    columns={"name": "名称", "level": "级别", "opened": "开放年份"},
)


def declared(file: Path, layer: Layer = MUSEUMS, data_layer: str | None = None) -> Declared:
    return Declared(layer=layer, file=file.with_suffix(".toml"), data=file, data_layer=data_layer)


def write(file: Path, crs: str | None = "EPSG:4326", **columns: object) -> Path:
    frame = geopandas.GeoDataFrame({**COLUMNS, **columns}, geometry=POINTS, crs="EPSG:4326")
    frame = frame.to_crs(crs) if crs else frame.set_crs(None, allow_override=True)
    # FlatGeobuf sorts the rows for its index, a Shapefile cuts names at ten bytes.
    frame.rename(columns={"开放年份": "年份"} if file.suffix == ".shp" else {}).to_file(
        file, engine="pyogrio", **({"SPATIAL_INDEX": "NO"} if file.suffix == ".fgb" else {})
    )
    return file


def read(file: Path, layer: Layer = MUSEUMS) -> list[Feature | Rejected]:
    return list(conform(layer, departments.rows(declared(file, layer), areas()), areas()))


def features(file: Path, layer: Layer = MUSEUMS) -> list[Feature]:
    found = read(file, layer)
    assert not [one.reason for one in found if isinstance(one, Rejected)]
    return [one for one in found if isinstance(one, Feature)]


SHORT = replace(MUSEUMS, columns={**MUSEUMS.columns, "opened": "年份"})


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".fgb", ".shp"])
def test_common_fields_are_filled(tmp_path: Path, suffix: str) -> None:
    layer = SHORT if suffix == ".shp" else MUSEUMS
    first, _second, last = features(write(tmp_path / f"museums{suffix}"), layer)
    assert first.id == 1 and first.geometry == POINTS[0]
    assert first.properties["name"] == "甲馆" and first.properties["key"] == "city-museums-1"
    assert first.properties["city"] == 420100 and first.properties["district"] == WEST
    assert first.properties["precision"] == "site" and first.properties["radius_m"] is None
    assert first.properties["position_source"] == f"as given in museums{suffix}"
    assert str(first.properties["source"]).startswith(f"museums{suffix}, row 1, sha256 ")
    assert len(str(first.properties["source"]).split()[-1]) == 12
    assert first.properties["visibility"] == "public" and first.properties["opened"] == 1999
    assert last.properties["name"] == "city-museums-3" and last.properties["district"] is None
    assert last.properties["opened"] is None


def test_a_title_is_understood_as_its_code(tmp_path: Path) -> None:
    assert [one.properties["level"] for one in features(write(tmp_path / "m.gpkg"))] == [
        "national",
        "provincial",
        None,
    ]


@pytest.mark.parametrize("crs", ["EPSG:4547", "EPSG:4490", "EPSG:3857", "EPSG:32650"])
def test_any_crs_ends_at_the_same_place(tmp_path: Path, crs: str) -> None:
    for one, point in zip(features(write(tmp_path / "m.gpkg", crs)), POINTS, strict=True):
        assert one.geometry is not None
        assert to_metres(one.geometry).distance(to_metres(point)) < 0.01


@pytest.mark.filterwarnings("ignore:.crs. was not provided")
def test_a_file_without_crs_must_hold_degrees(tmp_path: Path) -> None:
    assert features(write(tmp_path / "degrees.shp", None), SHORT)[0].geometry == POINTS[0]
    frame = geopandas.GeoDataFrame({"名称": ["甲"]}, geometry=[shapely.Point(500000, 3300000)])
    frame.to_file(tmp_path / "metres.shp", engine="pyogrio")
    with pytest.raises(BadData, match=r"metres.shp: has no CRS and reaches 500000, 3.3e\+06"):
        read(tmp_path / "metres.shp")


def test_a_csv_file_gives_points_by_its_columns(tmp_path: Path) -> None:
    file = tmp_path / "m.csv"
    file.write_text("名称,级别,开放年份,lon,lat\n甲馆,国家级,1999,114.2,30.2\n", "utf-8")
    (one,) = features(file)
    assert one.geometry == POINTS[0] and one.properties["opened"] == 1999


def test_own_numbers_are_kept_where_they_are_unique(tmp_path: Path) -> None:
    assert [one.id for one in features(write(tmp_path / "a.geojson", ID=[30, 10, 20]))] == [30, 10, 20]
    assert [one.id for one in features(write(tmp_path / "b.geojson", ID=[1, 1, 2]))] == [1, 2, 3]
    assert [one.id for one in features(write(tmp_path / "c.geojson", ID=[0, 1, 2]))] == [1, 2, 3]


def test_given_common_fields_are_kept(tmp_path: Path) -> None:
    given = {
        "key": ["a", "b", "c"],
        "precision": ["town"] * 3,
        "district": [EAST, None, None],
        "visibility": "internal",
    }
    first, second, _last = features(write(tmp_path / "m.gpkg", **given))
    assert first.properties["key"] == "a" and first.properties["precision"] == "town"
    assert (first.properties["district"], second.properties["district"]) == (EAST, EAST)
    assert first.properties["visibility"] == "internal"


def test_a_column_that_is_named_for_one_field_is_not_taken_for_its_namesake(tmp_path: Path) -> None:
    layer = replace(MUSEUMS, columns={**MUSEUMS.columns, "grade": "status"})
    first, *_ = features(write(tmp_path / "m.gpkg", status=["一级", "二级", None]), layer)
    assert first.properties["grade"] == "一级" and first.properties["status"] is None


def test_texts_of_digits_keep_their_zeros(tmp_path: Path) -> None:
    file = tmp_path / "m.csv"
    file.write_text("名称,级别,开放年份,grade,lon,lat\n甲馆,,1999,007,114.2,30.2\n", "utf-8")
    assert features(file)[0].properties["grade"] == "007"


def test_a_mapped_column_that_is_missing_is_told(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame({"名": ["甲"]}, geometry=POINTS[:1], crs="EPSG:4326")
    frame.to_file(tmp_path / "m.gpkg", engine="pyogrio")
    with pytest.raises(BadData, match="m.gpkg: no column '名称' for field 'name'; it has 名"):
        read(tmp_path / "m.gpkg")


def test_a_bad_cell_is_rejected_with_its_row(tmp_path: Path) -> None:
    found = read(write(tmp_path / "m.gpkg", status=["built", "ruined", None]))
    (rejected,) = [one for one in found if isinstance(one, Rejected)]
    assert rejected.reason.startswith("m.gpkg, row 2: status='ruined': expected one of built")


def test_line_breaks_in_texts_become_spaces(tmp_path: Path) -> None:
    assert features(write(tmp_path / "m.gpkg", note=["一\r\n二", "\t", "x"]))[0].properties["note"] == "一 二"


@pytest.mark.parametrize(
    ("name", "content"),
    [("m.gpkg", b"not a database"), ("m.geojson", b"{"), ("none.gpkg", None), ("m.csv", b"a\n1\n")],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BadData, match=name):
        read(tmp_path / name)


def test_a_layer_that_the_file_has_not_is_told(tmp_path: Path) -> None:
    file = write(tmp_path / "m.gpkg")
    with pytest.raises(BadData, match="m.gpkg"):
        list(departments.rows(declared(file, data_layer="other"), areas()))


AREAS = Layer(
    id="plots",
    title="地块",
    geometry=Geometry.POLYGON,
    symbol=Fill("#88aa66"),
    fields=(
        Field("use", Type.TEXT, "用途", values=(Value("farm", "农田"), Value("wood", "林地"))),
        Field("since", Type.DATE, "始于"),
        Field("checked", Type.BOOLEAN, "已核"),
        Field("share", Type.NUMBER, "占比"),
    ),
)


def test_areas_of_one_part_and_broken_ones_come_in_repaired(tmp_path: Path) -> None:
    bow = shapely.Polygon([(114.1, 30.1), (114.2, 30.2), (114.2, 30.1), (114.1, 30.2)])
    frame = geopandas.GeoDataFrame(
        {
            "use": ["农田", "wood"],
            "since": [date(2020, 1, 2), None],
            "checked": [True, False],
            "share": [0.5, None],
        },
        geometry=[shapely.box(114.1, 30.1, 114.2, 30.2), bow],
        crs="EPSG:4326",
    )
    frame.to_file(tmp_path / "p.gpkg", engine="pyogrio")
    plain, broken = features(tmp_path / "p.gpkg", AREAS)
    assert plain.geometry is not None and plain.geometry.geom_type == "MultiPolygon"
    assert (plain.properties["use"], plain.properties["since"]) == ("farm", date(2020, 1, 2))
    assert (plain.properties["checked"], plain.properties["share"]) == (True, 0.5)
    assert broken.geometry is not None and broken.geometry.is_valid
    assert str(broken.properties["position_source"]).endswith("geometry repaired")


def test_a_geometry_of_another_kind_is_rejected(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame({"use": ["wood"]}, geometry=POINTS[:1], crs="EPSG:4326")
    frame.to_file(tmp_path / "p.gpkg", engine="pyogrio")
    (rejected,) = read(tmp_path / "p.gpkg", AREAS)
    assert isinstance(rejected, Rejected) and rejected.column == "geometry"


def test_a_build_takes_the_layers_of_departments_in(tmp_path: Path) -> None:
    one = declared(write(tmp_path / "m.gpkg"))
    catalog = Catalog((*CATALOG.values(), MUSEUMS))
    gathered = run.gather(catalog, folder=world(tmp_path / "w"), declared=(one,))
    assert [feature.properties["name"] for feature in gathered.features["city_museums"]][:2] == [
        "甲馆",
        "乙馆",
    ]


def test_a_version_changes_with_the_data_of_a_department(tmp_path: Path) -> None:
    folder, one = world(tmp_path / "w"), declared(write(tmp_path / "m.geojson"))
    first = run.sources_version(CATALOG, folder=folder, declared=(one,))
    one.data.write_text(one.data.read_text() + "\n")
    assert run.sources_version(CATALOG, folder=folder, declared=(one,)) != first
