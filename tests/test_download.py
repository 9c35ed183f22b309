"""Features as files: what is in them, in which system, and that nothing is left behind."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyogrio
import pytest
import shapely
from flask import Flask
from flask.testing import FlaskClient
from pyproj import Transformer

from gis import datum, export, repository, storing
from gis.config import Settings
from gis.database import Store
from gis.feature import Feature, Query, Sort, rounded
from gis.geometry import axes
from gis.layer import Catalog
from tests.conftest import CONTENTS, WELLS, properties
from webmap import context, create_app, download

ITEMS = "/collections/wells/items"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1")


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where temporary files go; nothing is left there."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def rows(client: FlaskClient, url: str) -> list[dict[str, str]]:
    answer = client.get(url)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def opened(client: FlaskClient, url: str, tmp_path: Path) -> tuple[dict[str, Any], list[Any], list[Any]]:
    """The metadata of a file, its geometries as WKT, its rows."""
    answer = client.get(url)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    path = tmp_path / f"answer.{'fgb' if 'f=fgb' in url else 'gpkg'}"
    path.write_bytes(answer.data)
    info = pyogrio.read_info(path)
    _meta, _fids, geometry, values = pyogrio.raw.read(path)
    shapes = [None if one is None else shapely.to_wkt(shapely.from_wkb(one), trim=True) for one in geometry]
    table = [dict(zip(info["fields"], row, strict=True)) for row in zip(*values, strict=True)]
    return info, shapes, table


# --- CSV ----------------------------------------------------------------------------------------


def test_csv_has_every_field_and_the_place(client: FlaskClient) -> None:
    answer = client.get(f"{ITEMS}?f=csv")
    assert answer.content_type == "text/csv; charset=utf-8; header=present"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="wells.csv"'
    found = rows(client, f"{ITEMS}?f=csv")
    assert list(found[0]) == ["id", *(field.name for field in WELLS.all_fields), "lon", "lat"]
    assert (found[0]["name"], found[0]["lon"], found[0]["lat"]) == ("1号井", "114.0", "30.0")
    assert (found[0]["depth"], found[0]["in_use"], found[0]["drilled_on"]) == ("10.5", "true", "2020-01-01")
    assert (found[5]["lon"], found[5]["depth"]) == ("", "")


def test_lines_and_areas_are_well_known_text(client: FlaskClient) -> None:
    (track,) = rows(client, "/collections/tracks/items?f=csv")
    assert shapely.from_wkt(track["wkt"]).length > 0
    assert "lon" not in track


@pytest.mark.parametrize(
    ("asked", "heads", "place"),
    [
        (f"crs={EPSG}4490", ["lat", "lon"], (30.0, 114.0)),
        (f"crs={EPSG}3857", ["easting", "northing"], Transformer.from_crs(4326, 3857).transform(30, 114)),
        (f"crs={EPSG}4547", ["northing", "easting"], Transformer.from_crs(4326, 4547).transform(30, 114)),
        ("coords=gcj02", ["lon_gcj02", "lat_gcj02"], datum.wgs84_to_gcj02(114.0, 30.0)),
    ],
)
def test_the_columns_of_a_place_are_named_by_its_axes(
    client: FlaskClient, asked: str, heads: list[str], place: tuple[float, float]
) -> None:
    found = rows(client, f"{ITEMS}?f=csv&limit=1&{asked}")[0]
    assert list(found)[-2:] == heads
    assert [float(found[head]) for head in heads] == pytest.approx(place, abs=1e-3)


def test_a_shifted_datum_is_in_the_name_of_the_file(client: FlaskClient, tmp_path: Path) -> None:
    assert (
        'filename="wells_bd09.csv"' in client.get(f"{ITEMS}?f=csv&coords=bd09").headers["Content-Disposition"]
    )
    for fmt in ("gpkg", "fgb"):
        info, _shapes, _rows = opened(client, f"{ITEMS}?f={fmt}&coords=bd09", tmp_path)
        assert info["layer_name"] == "wells_bd09"
        assert info["crs"].startswith('LOCAL_CS["BD-09"')


@pytest.mark.parametrize("text", FORMULAS)
def test_no_spreadsheet_takes_a_text_for_a_formula(store: Store, catalog: Catalog, text: str) -> None:
    publish_named(store, text)
    (found,) = rows(create_app(Settings(), catalog, store).test_client(), f"{ITEMS}?f=csv")
    assert found["name"] == f"'{text}"
    assert found["depth"] == "-3.0"


def publish_named(store: Store, name: str) -> None:
    """Publish the layers, of the wells one alone that has this name."""
    with store.publish() as connection:
        storing.begin(connection)
        for layer, features in CONTENTS:
            one = Feature(1, rounded(shapely.Point(114, 30)), properties(WELLS, "k", name=name, depth=-3.0))
            storing.replace(connection, layer, iter([one]) if layer is WELLS else features())
        storing.finish(connection, "named")


# --- GeoPackage and FlatGeobuf ---------------------------------------------------------------------


@pytest.mark.parametrize("fmt", ["gpkg", "fgb"])
def test_a_file_has_what_the_endpoint_has(client: FlaskClient, tmp_path: Path, fmt: str) -> None:
    info, shapes, found = opened(client, f"{ITEMS}?f={fmt}", tmp_path)
    assert (info["features"], info["layer_name"], info["geometry_type"]) == (6, "wells", "Point")
    assert info["crs"] == "EPSG:4326"
    assert list(info["fields"]) == ["id", *(field.name for field in WELLS.all_fields)]
    features = json.loads(client.get(ITEMS).data)["features"]
    assert sorted(row["id"] for row in found) == [feature["id"] for feature in features]
    by_id = {row["id"]: (row, shape) for row, shape in zip(found, shapes, strict=True)}
    for feature in features:
        row, shape = by_id[feature["id"]]
        expected = feature["geometry"] and shapely.from_geojson(json.dumps(feature["geometry"]))
        assert shape == (shapely.to_wkt(expected, trim=True) if expected else None)
        for name in ("name", "kind", "status", "note"):
            assert row[name] == feature["properties"][name]
        day = feature["properties"]["as_of"]
        assert day is None or row["as_of"].astype("datetime64[D]").item() == date.fromisoformat(day)


@pytest.mark.parametrize("layer", ["wells", "tracks", "plots"])
@pytest.mark.parametrize("fmt", ["gpkg", "fgb", "csv"])
def test_the_same_data_give_the_same_bytes(client: FlaskClient, layer: str, fmt: str) -> None:
    url = f"/collections/{layer}/items?f={fmt}"
    once = client.get(url)
    assert once.data == client.get(url).data
    tag = once.headers["ETag"]
    assert client.get(url, headers={"If-None-Match": tag}).status_code == 304
    assert client.head(url).headers["ETag"] == tag


@pytest.mark.parametrize("fmt", ["gpkg", "fgb"])
@pytest.mark.parametrize("code", [4326, 4490, 4547, 4548, 4526, 3857])
def test_files_have_x_first_and_name_their_system(
    client: FlaskClient, tmp_path: Path, fmt: str, code: int
) -> None:
    info, shapes, _found = opened(client, f"{ITEMS}?f={fmt}&limit=1&crs={EPSG}{code}", tmp_path)
    assert info["crs"] == f"EPSG:{code}"
    x, y = Transformer.from_crs(4326, code, always_xy=True).transform(114.0, 30.0)
    place = shapely.from_wkt(shapes[0])
    assert (place.x, place.y) == pytest.approx((x, y), abs=1e-3)


@pytest.mark.parametrize("fmt", ["gpkg", "fgb", "csv"])
def test_filters_order_fields_and_pages_hold_for_files(client: FlaskClient, tmp_path: Path, fmt: str) -> None:
    asked = f"{ITEMS}?f={fmt}&filter=depth>11&sortby=-depth&limit=2&offset=1&properties=name,depth"
    if fmt == "csv":
        found: list[Any] = rows(client, asked)
    else:
        _info, _shapes, found = opened(client, asked, tmp_path)
    assert {float(row["depth"]) for row in found} == {42.0, 31.5}
    assert {"id", "name", "depth"} <= set(found[0]) <= {"id", "name", "depth", "lon", "lat"}


@pytest.mark.parametrize("fmt", ["gpkg", "fgb", "csv"])
def test_nothing_found_and_no_geometry_are_files_too(client: FlaskClient, tmp_path: Path, fmt: str) -> None:
    for asked, count in (("filter=depth>1e6", 0), ("skipGeometry=true", 6), ("bbox=1,1,2,2", 0)):
        url = f"{ITEMS}?f={fmt}&{asked}"
        if fmt == "csv":
            assert len(rows(client, url)) == count
        else:
            path = tmp_path / f"x.{fmt}"
            path.write_bytes(client.get(url).data)
            assert pyogrio.read_info(path, force_feature_count=True)["features"] == count


def test_media_types_are_negotiated(client: FlaskClient) -> None:
    for fmt, media_type in (
        ("csv", "text/csv"),
        ("fgb", "application/flatgeobuf"),
        ("gpkg", "application/geopackage+sqlite3"),
        ("jsonfg", "application/vnd.ogc.fg+json"),
    ):
        by_header = client.get(ITEMS, headers={"Accept": media_type})
        assert by_header.mimetype == media_type
        assert by_header.data == client.get(f"{ITEMS}?f={fmt}").data or fmt == "jsonfg"
        assert client.get(f"/collections?f={fmt}").status_code == 400
        assert client.get("/collections", headers={"Accept": media_type}).is_json
    assert client.get(f"{ITEMS}?f=shp").status_code == 400


def test_the_formats_are_linked(client: FlaskClient) -> None:
    links = json.loads(client.get(f"{ITEMS}?kind=dug&limit=1").data)["links"]
    types = {link["type"]: link["href"] for link in links if link["rel"] == "alternate"}
    assert {"text/csv", "application/flatgeobuf", "application/geopackage+sqlite3"} <= types.keys()
    assert len(rows(client, types["text/csv"])) == 1
    page = client.get(f"{ITEMS}?f=html&kind=dug&limit=1").get_data(as_text=True)
    assert "f=gpkg" in page and "f=csv" in page


def test_an_answer_that_nobody_reads_leaves_nothing_open(client: FlaskClient, temporary: Path) -> None:
    for fmt in ("csv", "gpkg", "fgb"):
        answer = client.get(f"{ITEMS}?f={fmt}")
        answer.close()
        assert list(temporary.iterdir()) == []
    assert client.get(ITEMS).status_code == 200


@pytest.mark.parametrize("fmt", ["gpkg", "fgb", "csv"])
def test_only_a_few_large_files_are_written_at_a_time(
    app: Flask, monkeypatch: pytest.MonkeyPatch, fmt: str
) -> None:
    monkeypatch.setattr(context, "AT_ONCE", 2)
    client = app.test_client()
    open_ones = [client.get(f"{ITEMS}?f={fmt}", buffered=False) for _ in range(context.MOST_EXPORTS)]
    refused = client.get(f"{ITEMS}?f={fmt}")
    assert (refused.status_code, refused.mimetype) == (503, "application/problem+json")
    assert refused.headers["Retry-After"]
    assert client.get(f"{ITEMS}?f={fmt}&limit=2").status_code == 200
    assert client.get(ITEMS).status_code == 200
    open_ones.pop().close()
    assert client.get(f"{ITEMS}?f={fmt}").status_code == 200
    assert len(open_ones.pop().data) > 100
    for _ in range(2 * context.MOST_EXPORTS):
        assert client.get(f"{ITEMS}?f={fmt}").status_code == 200


def test_a_file_that_fails_gives_its_place_back(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Iterator[tuple[str, ...]]:
        raise RuntimeError("lost")
        yield ()

    monkeypatch.setattr(context, "AT_ONCE", 2)
    with monkeypatch.context() as patched:
        patched.setattr(download.export, "batches", broken)
        for _ in range(2 * context.MOST_EXPORTS):
            assert app.test_client().get(f"{ITEMS}?f=csv").status_code == 500
    assert app.test_client().get(f"{ITEMS}?f=csv").status_code == 200


def test_a_file_is_sent_while_it_is_read(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory stays the same however many features there are: no more than two batches are there at a time."""
    monkeypatch.setattr(export, "BATCH", 1)
    real, taken = export.batches, []

    def counted(*asked: Any) -> Iterator[tuple[str, ...]]:
        for batch in real(*asked):
            taken.append(len(batch))
            yield batch

    monkeypatch.setattr(download.export, "batches", counted)
    answer = client.get(f"{ITEMS}?f=csv", buffered=False)
    parts = iter(answer.response)
    for sent in range(1, 6):
        assert next(parts)
        assert len(taken) <= sent + 1
    answer.close()


def test_a_query_that_fails_is_a_problem_and_not_half_a_file(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("lost")

    monkeypatch.setattr(download.export, "batches", broken)
    for fmt in ("csv", "gpkg", "fgb"):
        answer = client.get(f"{ITEMS}?f={fmt}")
        assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")


@pytest.mark.parametrize("sort", [(), (Sort("name", descending=True),)])
def test_batches_hold_everything_once_however_large(
    filled: Store, monkeypatch: pytest.MonkeyPatch, sort: tuple[Sort, ...]
) -> None:
    monkeypatch.setattr(export, "BATCH", 2)
    with filled.read() as connection:
        for offset, most, expected in ((0, None, 6), (0, 3, 3), (4, None, 2), (1, 4, 4), (9, None, 0)):
            query = Query(offset=offset, sort=sort)
            found = [json.loads(t)["id"] for b in export.batches(connection, WELLS, query, most) for t in b]
            assert len(found) == len(set(found)) == expected
            whole = repository.texts(connection, WELLS, Query(sort=sort))
            assert found == [json.loads(t)["id"] for t in whole][offset:][:most]


def test_axes_are_named_in_the_order_of_the_authority() -> None:
    assert axes("http://www.opengis.net/def/crs/OGC/1.3/CRS84") == ("lon", "lat")
    assert axes(f"{EPSG}4526") == ("northing", "easting")


# --- JSON-FG ---------------------------------------------------------------------------------------


def test_json_fg_names_type_time_and_place(client: FlaskClient) -> None:
    body = json.loads(client.get(f"{ITEMS}?f=jsonfg&limit=2").data)
    assert body["conformsTo"][0] == "http://www.opengis.net/spec/json-fg-1/1.0/conf/core"
    assert (body["featureType"], body["geometryDimension"]) == ("wells", 0)
    assert "coordRefSys" not in body
    first = body["features"][0]
    assert first["time"] == {"date": "2021-06-01"} and first["place"] is None
    assert first["geometry"]["coordinates"] == [114.0, 30.0]


def test_json_fg_puts_other_systems_into_place(client: FlaskClient) -> None:
    body = json.loads(client.get(f"{ITEMS}?f=jsonfg&limit=6&crs={EPSG}4547&properties=name").data)
    assert body["coordRefSys"] == f"{EPSG}4547"
    first, last = body["features"][0], body["features"][5]
    assert first["geometry"] is None and first["place"]["coordinates"][0] > 3e6
    assert (first["time"], first["properties"]) == ({"date": "2021-06-01"}, {"name": "1号井"})
    assert last["time"] is None and last["place"] is None
    assert client.get(f"{ITEMS}?f=jsonfg&coords=gcj02").status_code == 400
