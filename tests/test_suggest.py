"""Declarations proposed for vector files: whatever the columns are called, the proposal is a layer."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from etl import departments
from etl.areas import Areas
from etl.conform import conform
from etl.suggest import LENGTH, Suggestion, suggest, write
from gis.declare import layer_of, load, parse
from gis.errors import BadData
from gis.feature import Feature
from gis.layer import COMMON_NAMES, RESERVED, Field, Geometry, Layer, Type
from gis.tables import table

POINT = {"type": "Point", "coordinates": [114.4, 30.5]}
Rows = Sequence[Mapping[str, Any]]


def geojson(file: Path, rows: Rows, shapes: Iterable[Mapping[str, Any] | None] = ()) -> Path:
    """A GeoJSON file with these properties; points unless shapes are given."""
    chosen = list(shapes) or [POINT] * len(rows)
    features = [
        {"type": "Feature", "geometry": shape, "properties": row}
        for row, shape in zip(rows, chosen, strict=True)
    ]
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return file


def frame(count: int = 4, **columns: Sequence[Any]) -> geopandas.GeoDataFrame:
    """Points with these columns."""
    points = [shapely.Point(114, 30 + number / 10) for number in range(count)]
    return geopandas.GeoDataFrame(columns, geometry=points, crs=4326)


def proposed(file: Path) -> Layer:
    """The one layer proposed for a file, which its text declares."""
    (suggestion,) = suggest(file)
    assert layer_of(suggestion.text, suggestion.name) == suggestion.layer
    return suggestion.layer


def own(layer: Layer) -> dict[str, Field]:
    """The fields of the layer's own, by the column that they are read from."""
    return {layer.columns[field.name]: field for field in layer.fields}


def refused(file: Path, layer: str | None = None) -> str:
    """What is said of a file that nothing can be proposed for."""
    with pytest.raises(BadData) as caught:
        suggest(file, layer=layer)
    assert file.name in caught.value.where
    assert "\n" not in str(caught.value)
    return caught.value.reason


# --- columns ----------------------------------------------------------------------------------


def test_columns_that_mean_a_field_of_every_feature_become_that_field(tmp_path: Path) -> None:
    row = {
        "单位名称": "某馆",
        "英文名": "A museum",
        "别名": "旧馆",
        "状态": "在建",
        "级别": "国家级",
        "依托单位": "某大学",
        "备注": "无",
        "visibility": "internal",
        "precision": "site",
    }
    layer = proposed(geojson(tmp_path / "museums.geojson", [row]))
    assert dict(layer.columns) == {
        "name": "单位名称",
        "name_en": "英文名",
        "aliases": "别名",
        "status": "状态",
        "level": "级别",
        "host": "依托单位",
        "precision": "precision",
        "visibility": "visibility",
        "note": "备注",
    }
    assert (layer.id, layer.title, layer.fields) == ("museums", "museums", ())
    assert layer.popup == ("status", "level", "host")


@pytest.mark.parametrize("column", ["名称", "name", "NAME", "Name ", "地名", "单位名称"])
def test_the_name_goes_by_many_names(column: str, tmp_path: Path) -> None:
    assert dict(proposed(geojson(tmp_path / "a.geojson", [{column: "x"}])).columns) == {"name": column}


def test_one_of_several_names_is_the_name_and_the_others_are_kept(tmp_path: Path) -> None:
    layer = proposed(geojson(tmp_path / "a.geojson", [{"Name": None, "name": "x", "地名": "y"}]))
    assert dict(layer.columns) == {"name": "name", "own_name": "Name", "field_3": "地名"}


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("状态", ["好", "坏"]),
        ("level", [1, 2]),
        ("visibility", ["public", None]),
        ("precision", ["site", "exact"]),
        ("key", ["a", "a"]),
        ("key", ["a", "B!"]),
        ("city", ["武汉", "鄂州"]),
        ("source", ["x", "y"]),
        ("kind", ["one", "another"]),
        ("aliases", [["one"], ["another"]]),
    ],
)
def test_a_column_whose_values_do_not_fit_stays_the_layers_own(
    column: str, values: list[Any], tmp_path: Path
) -> None:
    layer = proposed(geojson(tmp_path / "a.geojson", [{column: value} for value in values]))
    assert set(own(layer)) == {column}
    assert layer.field(layer.fields[0].name).title == column


def test_types_are_those_of_the_data(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {
            "whole": 1,
            "part": 0.5,
            "flag": True,
            "day": "2024-01-31",
            "moment": "2024-01-31T08:00:00Z",
            "hour": "08:00:00",
            "word": "x",
            "exact": 2**53 - 1,
            "large": 2**53,
            "deep": -(2**53),
            "mixed": 1,
            "table": {"a": 1},
            "list": [1, 2],
        },
        {"mixed": "x"},
    ]
    (suggestion,) = suggest(geojson(tmp_path / "a.geojson", rows))
    assert {name: field.type for name, field in own(suggestion.layer).items()} == {
        "whole": Type.INTEGER,
        "part": Type.NUMBER,
        "flag": Type.BOOLEAN,
        "day": Type.DATE,
        "moment": Type.DATETIME,
        "hour": Type.TEXT,
        "word": Type.TEXT,
        "exact": Type.INTEGER,
        "large": Type.TEXT,
        "deep": Type.TEXT,
        "mixed": Type.TEXT,
    }
    for column in ("list", "table"):
        assert (
            f'# Left out: column "{column}", which holds lists, tables or binary data.\n' in suggestion.text
        )


def test_binary_columns_are_left_out(tmp_path: Path) -> None:
    frame().to_file(tmp_path / "a.gpkg")
    with closing(sqlite3.connect(tmp_path / "a.gpkg")) as connection:
        connection.execute("ALTER TABLE a ADD COLUMN blob BLOB")
    (suggestion,) = suggest(tmp_path / "a.gpkg")
    assert suggestion.layer.fields == ()
    assert 'column "blob", which holds' in suggestion.text


@pytest.mark.parametrize("numbers", [[0, 1, 2], [1, 2, 3]])
def test_row_numbers_are_left_out(numbers: list[int], tmp_path: Path) -> None:
    file = geojson(tmp_path / "a.geojson", [{"OBJECTID": number} for number in numbers])
    (suggestion,) = suggest(file)
    assert suggestion.layer.fields == ()
    assert 'column "OBJECTID", which only numbers the rows' in suggestion.text


def test_numbers_that_say_more_than_the_row_are_kept(tmp_path: Path) -> None:
    layer = proposed(geojson(tmp_path / "a.geojson", [{"id": 7, "FID": 3}, {"id": 9, "FID": 1}]))
    assert dict(layer.columns) == {"own_id": "id", "fid": "FID"}


def test_a_small_set_of_texts_that_repeat_is_coded(tmp_path: Path) -> None:
    rows = [
        {"类型": kind, "free": str(number), "类别": kind}
        for number, kind in enumerate(["馆 \n 院 ", "园"] * 2)
    ]
    layer = proposed(geojson(tmp_path / "a.geojson", rows))
    assert [(value.code, value.title) for value in own(layer)["类型"].values] == [
        ("馆 院", "馆 院"),
        ("园", "园"),
    ]
    assert [value.code for value in layer.kinds] == ["馆 院", "园"]
    assert own(layer)["free"].values == ()


@pytest.mark.parametrize(
    "texts",
    [
        ["a", "b"],
        ["a", "a"],
        ["a", "a", "b"],
        ["a", "a", "b\1", "b\1"],
        [1, 1, "b", "b"],
        ["a", "a", "x" * 49, "x" * 49],
        ["a", "a", "\u202eb", "\u202eb"],
        [str(number) for number in range(13)] * 2,
        [None, None],
    ],
)
def test_other_texts_are_not(texts: list[Any], tmp_path: Path) -> None:
    layer = proposed(geojson(tmp_path / "a.geojson", [{"x": text} for text in texts]))
    assert layer.fields[0].values == ()


@pytest.mark.parametrize(
    ("column", "name", "title"),
    [
        ("Total area (m²)", "total_area_m2", "Total area (m²)"),
        ("Área", "area", "Área"),
        ("ＦＵＬＬ", "full", "ＦＵＬＬ"),
        ("面积km2", "field_1", "面积km2"),
        ("名称\n备注", "field_1", "名称 备注"),
        ("", "field_1", "field_1"),
        (" ", "field_1", "field_1"),
        ("\u202e", "field_1", "field_1"),
        ('a."b"\\', "a_b", 'a."b"\\'),
        ("2020", "field_2020", "2020"),
        ("_", "field_1", "_"),
        ("type", "own_type", "type"),
        ("bbox-crs", "own_bbox_crs", "bbox-crs"),
        ("xmin", "own_xmin", "xmin"),
        ("CITY", "own_city", "CITY"),
        ("x" * 99, "x" * LENGTH, "x" * 99),
        ("source", "own_source", "source"),
    ],
)
def test_a_column_gets_a_legal_name_and_keeps_its_title(
    column: str, name: str, title: str, tmp_path: Path
) -> None:
    layer = proposed(geojson(tmp_path / "a.geojson", [{column: 1.5}]))
    assert dict(layer.columns) == {name: column}
    assert layer.fields[0].title == title


def test_names_that_become_one_are_numbered(tmp_path: Path) -> None:
    row = {"Foo": 1, "foo": 2, "FOO": 3, "甲": 4, "field_4": 5, "x" * 40: 6, "x" * 41: 7}
    layer = proposed(geojson(tmp_path / "a.geojson", [row]))
    assert list(layer.columns) == [
        "foo",
        "foo_2",
        "foo_3",
        "field_4",
        "field_4_2",
        "x" * LENGTH,
        "x" * (LENGTH - 2) + "_2",
    ]
    assert set(layer.columns.values()) == set(row)


def test_a_column_called_geometry_cannot_be_told_from_the_geometry(tmp_path: Path) -> None:
    (suggestion,) = suggest(geojson(tmp_path / "a.geojson", [{"geometry": "x"}]))
    assert suggestion.layer.fields == ()
    assert 'column "geometry", which is called as the geometry itself' in suggestion.text


def test_the_popup_shows_the_first_fields_that_have_values(tmp_path: Path) -> None:
    row = {"empty": None, **{f"n{number}": number for number in range(9)}}
    assert proposed(geojson(tmp_path / "a.geojson", [row])).popup == ("n0", "n1", "n2", "n3", "n4", "n5")


# --- any column name --------------------------------------------------------------------------

_WORDS = [
    *sorted(RESERVED | COMMON_NAMES),
    "名称",
    "状态",
    "NAME",
    "Name",
    "xmin",
    "fid",
    "OBJECTID",
    "",
    '"',
    ".",
]
_names = st.one_of(
    st.sampled_from(_WORDS),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
    st.text("aA_1 .\"'\n\\\u202e名", max_size=6),
)
_values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
    st.sampled_from(["built", "在建", "国家级", "site", "public", "2024-01-01", "2024-01-01T00:00:00"]),
    st.lists(st.integers(0, 9), max_size=2),
    st.dictionaries(st.text("ab", max_size=1), st.integers(0, 9), max_size=1),
)
_rows = st.lists(_names, max_size=6, unique=True).flatmap(
    lambda names: st.lists(st.fixed_dictionaries(dict.fromkeys(names, _values)), min_size=1, max_size=4)
)


def check_the_layer_works(suggestion: Suggestion) -> None:
    """The text declares the layer, and PostgreSQL, the stricter of the databases, has a table for it."""
    layer = layer_of(suggestion.text, suggestion.name)
    assert layer == suggestion.layer
    made = table(layer)
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    statements: list[Any] = [CreateTable(made), *map(CreateIndex, made.indexes)]
    for statement in statements:
        assert str(statement.compile(dialect=dialect))
    assert not {"xmin", "xmax", "cmin", "cmax", "ctid", "tableoid"} & {field.name for field in layer.fields}
    assert len(set(layer.columns.values())) == len(layer.columns)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(_rows)
def test_any_geojson_has_a_layer(rows: Rows) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = geojson(Path(folder) / "任何 any.geojson", rows)
        (suggestion,) = suggest(file)
        check_the_layer_works(suggestion)
        columns = set(pyogrio.read_info(file)["fields"])
        (path,) = write([suggestion], file.parent)
        assert parse(path).data == file
    assert set(suggestion.layer.columns.values()) <= columns


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=50)
@given(
    st.lists(_names, max_size=6, unique_by=str.casefold),
    st.lists(_names.filter(bool), min_size=1, max_size=2, unique_by=str.casefold),
)
def test_any_geopackage_has_layers(names: list[str], layers: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "any.gpkg"
        try:
            for layer in layers:
                _write_points(file, layer, names)
        except (RuntimeError, ValueError):  # what GDAL does not write, nobody has
            reject()
        suggestions = suggest(file)
        assert len(suggestions) == len(layers)
        paths = write(suggestions, file.parent)
        assert {declared.file for declared in load(file.parent)} == set(paths)
    for suggestion in suggestions:
        check_the_layer_works(suggestion)


def _write_points(file: Path, layer: str, names: list[str]) -> None:
    points = shapely.to_wkb([shapely.Point(114, 30), shapely.Point(115, 30)])
    texts = [np.array(["x", "x"], dtype=object) for _ in names]
    pyogrio.raw.write(file, points, texts, names, geometry_type="Point", crs="EPSG:4326", layer=layer)


# --- files and layers -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "layer_id"),
    [
        ("Parks 2024", "parks_2024"),
        ("2024 parks", "layer_2024_parks"),
        ("园区", "layer_3cb53b9c"),
        ("园区 A", "layer_bc82f364"),
        ("...", "layer_ab5df625"),
        ("a" * 60, "a" * LENGTH),
    ],
)
def test_the_id_is_the_name_in_ascii_or_a_digest_of_it(name: str, layer_id: str, tmp_path: Path) -> None:
    layer = proposed(geojson(tmp_path / f"{name}.geojson", [{}]))
    assert (layer.id, layer.title) == (layer_id, name)


def test_an_id_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    (suggestion,) = suggest(geojson(tmp_path / "parks.geojson", [{}]), taken=["parks", "parks_2"])
    assert (suggestion.layer.id, suggestion.name) == ("parks_3", "parks_3.toml")


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "json", "fgb", "shp", "kml"])
def test_several_formats_can_be_read(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"a.{suffix}"
    driver = {"json": "GeoJSON", "kml": "KML"}.get(suffix)
    frame(name=["甲", "乙", "丙", "丁"], when=[date(2024, 1, 1)] * 4).to_file(file, driver=driver)
    layer = proposed(file)
    assert layer.geometry is Geometry.POINT
    assert layer.columns["name"].lower() == "name"
    assert "when" in layer.columns.values()


@pytest.mark.parametrize("header", ["lon,lat", "经度,纬度", "X,Y"])
def test_a_csv_file_has_its_points_in_two_columns(header: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"名称,{header},层数\n甲,114.4,30.5,3\n", encoding="utf-8")
    (suggestion,) = suggest(tmp_path / "a.csv")
    assert dict(suggestion.layer.columns) == {"name": "名称", "field_4": "层数"}
    assert own(suggestion.layer)["层数"].type is Type.INTEGER
    assert f'column "{header.split(",")[0]}", which holds the coordinates' in suggestion.text


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig"])
def test_a_csv_file_may_be_in_the_encodings_of_offices(encoding: str, tmp_path: Path) -> None:
    file = tmp_path / "监测点.csv"
    file.write_bytes("名称,经度,纬度,断面\n甲,114.4,30.5,梁子湖\n".encode(encoding))
    (suggestion,) = suggest(file)
    assert suggestion.layer.title == "监测点"
    assert list(suggestion.layer.columns.values()) == ["名称", "断面"]


def test_each_layer_of_a_geopackage_is_proposed(tmp_path: Path) -> None:
    file = tmp_path / "all.gpkg"
    frame(a=[1, 2, 3, 4]).to_file(file, layer="Points")
    frame(b=[1, 2, 3, 4]).to_file(file, layer="points_")
    areas = frame().to_crs(4547).buffer(10).to_crs(4326)
    areas.to_file(file, layer="面")
    pyogrio.write_dataframe(frame(style=["x"] * 4).drop(columns="geometry"), file, layer="layer_styles")
    points, others, polygons = suggest(file)
    assert [each.layer.id for each in (points, others)] == ["points", "points_2"]
    assert (polygons.layer.title, polygons.data_layer) == ("面", "面")
    assert polygons.layer.geometry is Geometry.POLYGON
    assert suggest(file, layer="面") == (polygons,)
    assert 'data_layer = "面"' in polygons.text
    assert refused(file, "layer_styles") == "no geometry: expected points, lines or areas"
    assert refused(file, "gone") == "no layer 'gone'; it has Points, points_, 面, layer_styles"


@pytest.mark.parametrize(
    ("wkts", "geometry"),
    [
        (["POINT (1 1)", "POINT (2 2)"], Geometry.POINT),
        (["POINT Z (1 1 1)", "POINT EMPTY"], Geometry.POINT),
        (["POINT (1 1)", "MULTIPOINT (2 2, 3 3)"], Geometry.MULTIPOINT),
        (["LINESTRING (1 1, 2 2)", "MULTILINESTRING ((1 1, 2 2))"], Geometry.LINE),
        (["POLYGON ((0 0, 1 0, 1 1, 0 0))", "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))"], Geometry.POLYGON),
        (["POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))"], Geometry.POLYGON),
    ],
)
def test_the_geometry_is_what_all_can_be_promoted_to(
    wkts: list[str], geometry: Geometry, tmp_path: Path
) -> None:
    shapes = [json.loads(shapely.to_geojson(shapely.from_wkt(wkt))) for wkt in wkts]
    assert proposed(geojson(tmp_path / "a.geojson", [{}] * len(wkts), [*shapes])).geometry is geometry


def test_rings_that_are_not_closed_can_still_be_counted(tmp_path: Path) -> None:
    broken = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]}
    assert proposed(geojson(tmp_path / "a.geojson", [{}], [broken])).geometry is Geometry.POLYGON


def test_geometries_of_several_dimensions_are_named(tmp_path: Path) -> None:
    line = {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}
    file = geojson(tmp_path / "a.geojson", [{}] * 3, [POINT, POINT, line])
    assert refused(file) == "expected only points, only lines or only areas; it has 2 Point, 1 LineString"
    collection = {"type": "GeometryCollection", "geometries": [POINT, line]}
    assert "it has 1 GeometryCollection" in refused(geojson(file, [{}], [collection]))


def test_a_proposal_is_always_the_same_and_ids_differ_in_colour(tmp_path: Path) -> None:
    files = [geojson(tmp_path / f"{letter}.geojson", [{}]) for letter in "abcdefgh"]
    assert suggest(files[0])[0].text == suggest(files[0])[0].text
    assert len({proposed(file).symbol for file in files}) > 3


def test_data_without_coordinate_system_are_remarked(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="'crs' was not provided"):
        frame().set_crs(None, allow_override=True).to_file(tmp_path / "a.gpkg")
    (suggestion,) = suggest(tmp_path / "a.gpkg")
    assert "# The data do not name their coordinate system" in suggestion.text


# --- files that cannot be read ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.gpkg", b"", "the file is empty"),
        ("a.gpkg", b"not a database", "expected a GeoPackage, GeoJSON or another vector file"),
        ("a.gpkg", b"SQLite format 3\0" + b"\0" * 2000, "expected a GeoPackage"),
        ("a.geojson", b"{", "expected a GeoPackage"),
        ("a.geojson", b'{"type": "FeatureCollection", "features": [{"type": "Feat', "expected a GeoPackage"),
        ("a.geojson", b"[1, 2]", "expected a GeoPackage"),
        ("a.geojson", b'{"type": "FeatureCollection", "features": []}', "no features: expected one at least"),
        ("a.shp", b"\0\0\x27\x0a" + b"\0" * 96, "expected a GeoPackage"),
        ("a.fgb", b"fgb\3fgb\0\0", "no geometry: expected"),
        ("a.kml", b"<kml>", "expected a GeoPackage"),
        ("a.csv", b"name,x\na,1\n", "no geometry: expected points, lines or areas"),
        ("a.csv", b"name,lon,lat\na,1,2\n\xff\xff,3,4\n", "expected text in UTF-8 or GB18030"),
        ("a.txt", b"x", "expected a file that ends in .gpkg, .geojson"),
        ("a.gpkg.zip", b"x", "expected a file that ends in .gpkg, .geojson"),
        ("a;b.gpkg", b"x", "expected a path without ! and ;"),
    ],
)
def test_what_is_no_vector_file_is_named(name: str, content: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    assert reason in refused(tmp_path / name)


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    assert refused(tmp_path / "missing.gpkg") == "no such file"
    (tmp_path / "folder.gpkg").mkdir()
    assert refused(tmp_path / "folder.gpkg").startswith("expected a file")


@pytest.mark.parametrize("shape", [None, {"type": "Point", "coordinates": []}])
def test_features_without_geometry_are_named(shape: dict[str, Any] | None, tmp_path: Path) -> None:
    assert "no geometry" in refused(geojson(tmp_path / "a.geojson", [{"a": 1}], [shape]))


def test_a_geopackage_that_was_cut_short_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a.gpkg"
    frame(a=["x" * 5000] * 4).to_file(file)
    file.write_bytes(file.read_bytes()[:30000])
    assert "expected a GeoPackage" in refused(file)


def test_a_shapefile_that_cut_its_names_short_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a.shp"
    frame(abcdefghij=[1, 2, 3, 4]).to_file(file)
    dbf = file.with_suffix(".dbf")
    dbf.write_bytes(dbf.read_bytes().replace(b"abcdefghij", "单位名称".encode()[:10]))
    file.with_suffix(".cpg").write_text("UTF-8")
    assert "save it as a GeoPackage" in refused(file)


# --- writing ----------------------------------------------------------------------------------


def test_what_is_written_beside_the_data_can_be_loaded(tmp_path: Path) -> None:
    suggestions = suggest(geojson(tmp_path / "园区.geojson", [{"名称": "x"}]))
    (path,) = write(suggestions, tmp_path)
    (declared,) = load(tmp_path)
    assert (declared.file, declared.data, declared.layer) == (
        path,
        tmp_path / "园区.geojson",
        suggestions[0].layer,
    )
    assert "Put" not in path.read_text(encoding="utf-8")


def test_elsewhere_a_comment_says_where_the_data_belong(tmp_path: Path) -> None:
    folder = tmp_path / "layers"
    folder.mkdir()
    (path,) = write(suggest(geojson(tmp_path / "a.geojson", [{}])), folder)
    assert "# Put a.geojson beside this file" in path.read_text(encoding="utf-8")
    (tmp_path / "a.geojson").rename(folder / "a.geojson")
    assert parse(path).layer.id == "a"


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    first = suggest(geojson(tmp_path / "a.geojson", [{}]))
    second = suggest(geojson(tmp_path / "b.geojson", [{}]))
    (tmp_path / "b.toml").symlink_to("nowhere")
    with pytest.raises(BadData, match=r"b\.toml: exists already"):
        write([*first, *second], tmp_path)
    assert not (tmp_path / "a.toml").exists()


def test_the_folder_must_exist(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="missing: expected an existing folder"):
        write(suggest(geojson(tmp_path / "a.geojson", [{}])), tmp_path / "missing")


def test_what_is_proposed_can_be_built(tmp_path: Path) -> None:
    rows = [
        {
            "OBJECTID": 5,
            "单位名称": "甲",
            "级别": "国家级",
            "类型": "馆 一",
            "面积": 1.5,
            "日期": "2024-01-31",
        },
        {"OBJECTID": 7, "单位名称": "乙", "级别": "省级", "类型": "园", "面积": None, "日期": None},
        {"OBJECTID": 6, "单位名称": "丙", "级别": None, "类型": " 馆  一", "面积": 2, "日期": ""},
        {"OBJECTID": 8, "单位名称": "丁", "级别": "", "类型": "园", "面积": 3, "日期": "2024-02-01"},
    ]
    (path,) = write(suggest(geojson(tmp_path / "园区.geojson", rows)), tmp_path)
    declared = parse(path)
    areas = Areas({420102: shapely.box(110, 29, 116, 32)}, "a box")
    found = list(conform(declared.layer, departments.rows(declared, areas), areas))
    kept = [feature for feature in found if isinstance(feature, Feature)]
    assert kept == found
    assert [feature.properties["name"] for feature in kept] == ["甲", "乙", "丙", "丁"]
    assert [feature.properties["level"] for feature in kept] == ["national", "provincial", None, None]
    assert [feature.properties["field_4"] for feature in kept] == ["馆 一", "园", "馆 一", "园"]
