"""What GIS clients need of a service, point by point: where a peer is known to have failed one, we must not.

The clients themselves are asked in `tests/test_clients.py`; here stand the points by which they were broken.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyogrio
import pytest
import shapely
from flask.testing import FlaskClient
from pyproj import Transformer

from gis.config import Settings
from gis.database import Store
from gis.layer import Catalog
from tests.conftest import WELLS, unstamped
from webmap import create_app

ITEMS = "/collections/wells/items"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
OGC = "http://www.opengis.net/def/rel/ogc/1.0/"
SPEC = "http://www.opengis.net/spec/"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def body(client: FlaskClient, url: str, **headers: str) -> dict[str, Any]:
    answer = client.get(url, headers=headers)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, Any] = json.loads(answer.data)
    return found


def ids(found: dict[str, Any]) -> list[int]:
    return [feature["id"] for feature in found["features"]]


def link(found: dict[str, Any], rel: str, media_type: str = "") -> str:
    """The address of the first link of a relation, of a media type where one is named."""
    return next(
        (one["href"] for one in found["links"] if one["rel"] == rel and one["type"].startswith(media_type)),
        "",
    )


def every_page(client: FlaskClient, url: str) -> list[int]:
    seen: list[int] = []
    while url:
        page = body(client, url)
        seen += ids(page)
        url = link(page, "next")
    return seen


# --- 1 ------------------------------------------------------------------------------------------


def test_01_links_are_absolute_on_the_public_address_and_next_keeps_every_parameter(
    filled: Store, catalog: Catalog, client: FlaskClient
) -> None:
    asked = {"limit": "2", "f": "json", "crs": f"{EPSG}4490", "status": "built", "lang": "en"}
    url = link(body(client, f"{ITEMS}?{'&'.join(f'{k}={v}' for k, v in asked.items())}"), "next")
    assert "%3A%2F%2F" in url, "the URI of a system is percent-encoded"
    following = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert following == {**asked, "offset": "2"}
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "gis.example", "X-Forwarded-Prefix": "/a"}
    behind = json.loads(client.get(f"{ITEMS}?limit=1", headers=forwarded).data)
    assert all(one["href"].startswith("https://gis.example/a/") for one in behind["links"])
    fixed = create_app(Settings(base_url="https://public.example/b"), catalog, filled).test_client()
    assert all(one["href"].startswith("https://public.example/b/") for one in body(fixed, ITEMS)["links"])


# --- 2 ------------------------------------------------------------------------------------------


def test_02_the_landing_page_has_the_six_links_with_and_without_a_slash(client: FlaskClient) -> None:
    landing = body(client, "/")
    assert link(landing, "service-desc", OPENAPI)
    for rel in ("self", "alternate", "service-doc", "conformance", "data"):
        assert link(landing, rel), rel
    assert link(landing, "alternate", "text/html") and link(landing, "service-doc", "text/html")
    for path in ("/conformance", "/api", "/collections", "/collections/wells", ITEMS):
        assert client.get(f"{path}/").status_code == 200, "no redirect"


# --- 3 ------------------------------------------------------------------------------------------

DECLARED = [
    *(f"{SPEC}ogcapi-features-1/1.0/conf/{name}" for name in ("core", "oas30", "geojson", "html")),
    f"{SPEC}ogcapi-features-2/1.0/conf/crs",
    *(f"{SPEC}ogcapi-features-3/1.0/conf/{name}" for name in ("queryables", "filter", "features-filter")),
    f"{SPEC}ogcapi-features-5/1.0/conf/schemas",
]
# For each class of CQL2 a predicate that is in it, and the features that satisfy it.
HOLDS = {
    "cql2-text": ("depth > 40", [4, 5]),
    "basic-cql2": ("kind = 'dug' AND NOT depth IS NULL", [1, 3, 5]),
    "advanced-comparison-operators": ("depth BETWEEN 20 AND 35 AND visits IN (2, 3) AND name LIKE '2%'", [2]),
    "case-insensitive-comparison": ("CASEI(kind) = CASEI('DUG')", [1, 3, 5]),
    "accent-insensitive-comparison": ("ACCENTI(kind) = ACCENTI('dúg')", [1, 3, 5]),
    "basic-spatial-functions": ("S_INTERSECTS(geometry, BBOX(113.9, 29.9, 114.15, 30.15))", [1, 2]),
    "basic-spatial-operators": ("S_INTERSECTS(geometry, POINT(114 30))", [1]),
    "basic-spatial-functions-plus": ("S_INTERSECTS(geometry, MULTIPOINT((114 30), (114.2 30.2)))", [1, 3]),
    "spatial-functions": ("S_WITHIN(geometry, POLYGON((113 29, 114.05 29, 114.05 31, 113 31, 113 29)))", [1]),
    "temporal-functions": ("T_AFTER(as_of, DATE('2021-06-04'))", [5]),
    "property-property": ("visits > depth", []),
    "arithmetic": ("depth / 10.5 = visits AND visits + 1 > 5", [5]),
}


def test_03_only_classes_that_answer_are_declared_and_all_that_clients_look_for_are(
    client: FlaskClient,
) -> None:
    classes = body(client, "/conformance")["conformsTo"]
    assert set(DECLARED) <= set(classes)
    of_cql2 = {name.rpartition("/")[2] for name in classes if "/cql2/" in name}
    assert of_cql2 - {"cql2-json"} == set(HOLDS)
    for name, (predicate, found) in HOLDS.items():
        assert ids(body(client, f"{ITEMS}?filter={predicate.replace('+', '%2B')}")) == found, name
    as_json = '{"op":">","args":[{"property":"depth"},40]}'
    assert ids(body(client, f"{ITEMS}?filter={as_json}&filter-lang=cql2-json")) == [4, 5]


# --- 4 ------------------------------------------------------------------------------------------


def test_04_the_openapi_document_tells_the_page_size_and_simple_filters(client: FlaskClient) -> None:
    document = body(client, "/api")
    assert document["openapi"].startswith("3.0")
    limit = document["components"]["parameters"]["limit"]["schema"]
    assert (limit["default"], limit["maximum"]) == (1000, 10_000)
    operation = document["paths"][ITEMS]["get"]
    assert {"$ref": "#/components/parameters/limit"} in operation["parameters"]
    simple = {one["name"]: one for one in operation["parameters"] if "name" in one}
    for field in WELLS.all_fields:
        told = simple[field.name]
        assert (told["in"], told["style"], told["explode"]) == ("query", "form", False)
        assert told["schema"]["type"] in ("string", "integer", "number", "boolean")


# --- 5 ------------------------------------------------------------------------------------------


def test_05_collections_stand_on_one_page_with_all_that_clients_read_off_them(client: FlaskClient) -> None:
    found = body(client, "/collections")
    assert not link(found, "next")
    for collection in found["collections"]:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", collection["id"])
        assert re.search(r"[\u4e00-\u9fff]", collection["title"])
        assert collection["itemType"] == "feature"
        assert collection["crs"][0] == CRS84 == collection["storageCrs"]
        assert {f"{EPSG}{code}" for code in (4326, 4490, 4547, 4548, 4526, 3857)} <= set(collection["crs"])
        assert "storageCrsCoordinateEpoch" not in collection
        assert collection["attribution"]
        types = [one["type"] for one in collection["links"] if one["rel"] == "items"]
        assert types[:2] == ["application/geo+json", "text/html"] and "text/csv" in types
        for rel in ("self", f"{OGC}queryables", f"{OGC}schema", "describedby"):
            assert link(collection, rel), rel
        assert link(collection, f"{OGC}schema", "application/schema+json")
    (wells,) = [one for one in found["collections"] if one["id"] == "wells"]
    assert wells["extent"]["spatial"]["bbox"] == [[114.0, 30.0, 114.4, 30.4]]
    assert wells["extent"]["temporal"]["interval"] == [["2021-06-01T00:00:00Z", "2021-06-05T00:00:00Z"]]


# --- 6 ------------------------------------------------------------------------------------------


def test_06_items_have_whole_ids_counts_and_every_property_in_every_feature(client: FlaskClient) -> None:
    found = body(client, f"{ITEMS}?limit=3&offset=3")
    assert ids(found) == [4, 5, 6] and all(type(number) is int for number in ids(found))
    assert (found["numberMatched"], found["numberReturned"]) == (6, 3)
    assert found["timeStamp"].endswith("Z")
    assert link(found, "self") and link(found, "alternate") and link(found, "prev")
    schema = body(client, "/collections/wells/schema")["properties"]
    names = [field.name for field in WELLS.all_fields]
    for feature in found["features"]:
        assert list(feature["properties"]) == names
    assert found["features"][2]["geometry"] is None
    assert all(schema[name]["type"] and schema[name]["title"] for name in names)
    assert schema["id"]["x-ogc-role"] == "id"


# --- 7 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked", ["", "&status=built", "&filter=depth>15", "&sortby=-depth", "&bbox=114,30,115,31"]
)
def test_07_paging_gives_every_feature_once_and_limits_are_kept(client: FlaskClient, asked: str) -> None:
    whole = ids(body(client, f"{ITEMS}?limit=10000{asked}"))
    assert every_page(client, f"{ITEMS}?limit=1{asked}") == whole
    assert every_page(client, f"{ITEMS}?startindex=0&limit=4{asked}") == whole
    assert ids(body(client, f"{ITEMS}?limit=99999999{asked}")) == whole
    for wrong in ("0", "-1", "ten", "", "1.5"):
        assert client.get(f"{ITEMS}?limit={wrong}{asked}").status_code == 400


# --- 8 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [4326, 4490, 4547, 4548, 4526, 3857])
def test_08_boxes_and_answers_follow_the_axis_order_and_the_system_is_always_named(
    client: FlaskClient, code: int
) -> None:
    uri = f"{EPSG}{code}"
    there = Transformer.from_crs("OGC:CRS84", f"EPSG:{code}").transform
    lower, upper = there(113.95, 29.95), there(114.05, 30.05)
    box = ",".join(f"{number:.9f}" for number in (*lower, *upper))
    answer = client.get(f"{ITEMS}?bbox={box}&bbox-crs={uri}&crs={uri}")
    assert answer.headers["Content-Crs"] == f"<{uri}>"
    (feature,) = json.loads(answer.data)["features"]
    assert feature["id"] == 1
    assert feature["geometry"]["coordinates"] == pytest.approx(there(114.0, 30.0), abs=1e-3)
    assert client.get(ITEMS).headers["Content-Crs"] == f"<{CRS84}>"
    assert ids(body(client, f"{ITEMS}?bbox=113.95,29.95,-9,114.05,30.05,9")) == [1]


def test_08_boxes_across_the_antimeridian_and_without_size_are_right(client: FlaskClient) -> None:
    assert ids(body(client, f"{ITEMS}?bbox=114.35,-90,114.05,90")) == [1, 5]
    assert ids(body(client, f"{ITEMS}?bbox=170,-90,-170,90")) == []
    assert ids(body(client, f"{ITEMS}?bbox=114.2,30.2,114.2,30.2")) == [3]
    hole = "/collections/plots/items?bbox=1.5,1.5,1.5,1.5"
    assert ids(body(client, hole)) == [], "what lies in a hole is not in the polygon"


def test_08_polygons_follow_the_right_hand_rule(client: FlaskClient) -> None:
    (feature,) = body(client, "/collections/plots/items")["features"]
    for polygon in feature["geometry"]["coordinates"]:
        outer, *holes = (shapely.LinearRing(ring) for ring in polygon)
        assert outer.is_ccw and not any(hole.is_ccw for hole in holes)


# --- 9 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("2021-06-02T00:00:00Z", [2, 6]),
        ("2021-06-02/2021-06-03", [2, 3, 6]),
        ("../2021-06-02", [1, 2, 6]),
        ("2021-06-04T00:00:00Z/..", [4, 5, 6]),
        ("/2021-06-01", [1, 6]),
        ("0000-01-01T00:00:00Z/2021-06-01T00:00:00Z", [1, 6]),
        ("2021-06-05T00:00:00Z/9999-12-31T00:00:00Z", [5, 6]),
    ],
)
def test_09_instants_intervals_and_those_of_qgis_are_understood(
    client: FlaskClient, asked: str, found: list[int]
) -> None:
    assert ids(body(client, f"{ITEMS}?datetime={asked}")) == found


# --- 10 -----------------------------------------------------------------------------------------


def test_10_filters_fields_and_order_are_understood_and_unknown_parameters_refused(
    client: FlaskClient,
) -> None:
    assert ids(body(client, f"{ITEMS}?filter=depth>40&filter-lang=cql2-text")) == [4, 5]
    swapped = f"filter=S_INTERSECTS(geometry,POINT(30 114))&filter-crs={EPSG}4326"
    assert ids(body(client, f"{ITEMS}?{swapped}")) == [1]
    assert ids(body(client, f"{ITEMS}?kind=dug&visits=3")) == [3]
    (first, *_rest) = body(client, f"{ITEMS}?properties=name&sortby=-depth")["features"]
    assert (first["id"], list(first["properties"])) == (5, ["name"])
    for wrong in ("colour=red", "Limit=1", "properties=colour", "sortby=colour"):
        answer = client.get(f"{ITEMS}?{wrong}")
        assert (answer.status_code, answer.mimetype) == (400, "application/problem+json"), wrong
    assert client.get(f"{ITEMS}?token=x&lang=en&f=json").status_code == 200


# --- 11 -----------------------------------------------------------------------------------------


def test_11_formats_are_negotiated_and_csv_opens_in_excel(client: FlaskClient) -> None:
    assert client.get(ITEMS, headers={"Accept": "*/*"}).mimetype == "application/geo+json"
    assert client.get(ITEMS).mimetype == "application/geo+json"
    assert client.get(ITEMS, headers=BROWSER).mimetype == "text/html"
    assert client.get(f"{ITEMS}?f=json", headers=BROWSER).mimetype == "application/geo+json"
    assert client.get("/collections/tracks/items?f=csv").data.startswith(b"\xef\xbb\xbf")
    text = client.get("/collections/tracks/items?f=csv").data.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert shapely.from_wkt(row["wkt"]).geom_type == "MultiLineString"
    for fmt in ("fgb", "gpkg", "jsonfg"):
        assert client.get(f"{ITEMS}?f={fmt}").status_code == 200


# --- 12 -----------------------------------------------------------------------------------------


def test_12_http_is_kept_to_the_letter(client: FlaskClient) -> None:
    answer = client.get(ITEMS)
    head = client.head(ITEMS)
    assert head.data == b""
    assert dict(head.headers) == dict(answer.headers)
    assert set(client.options(ITEMS).headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert {"Content-Crs", "Link", "ETag"} <= set(answer.headers["Access-Control-Expose-Headers"].split(", "))
    assert {"Accept", "Accept-Encoding"} <= set(answer.headers["Vary"].split(", "))
    packed = client.get(ITEMS, headers={"Accept-Encoding": "gzip"})
    assert unstamped(gzip.decompress(packed.data)) == unstamped(answer.data)
    assert packed.headers["ETag"] != answer.headers["ETag"]
    assert client.get(ITEMS, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    for url, status in (("/nowhere", 404), (f"{ITEMS}/{10**30}", 404), (f"{ITEMS}?bbox=x", 400)):
        wrong = client.get(url, headers=BROWSER)
        assert (wrong.status_code, wrong.mimetype) == (status, "application/problem+json")
        assert wrong.headers["Access-Control-Allow-Origin"] == "*"


# --- 13 -----------------------------------------------------------------------------------------


def test_13_text_is_raw_utf8_and_large_answers_are_streamed(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = client.get(ITEMS)
    assert "号井".encode() in answer.data and b"\\u" not in answer.data.replace(b"\\u202e", b"")
    assert "charset" not in answer.content_type
    monkeypatch.setattr("webmap.context.AT_ONCE", 2)
    flowing = client.get(f"{ITEMS}?limit=5&lang=en", buffered=False)
    assert flowing.is_streamed and len(list(flowing.response)) > 1


# --- 14 -----------------------------------------------------------------------------------------


def test_14_the_page_of_items_fetches_them_and_loads_nothing_from_elsewhere(client: FlaskClient) -> None:
    answer = client.get(f"{ITEMS}?f=html")
    page = answer.get_data(as_text=True)
    assert '"coordinates"' not in page, "the features are not in the page: its map asks for them"
    loaded = re.findall(r'(?:src|<link[^>]*href)="([^"]+)"', page)
    assert loaded and all(one.startswith(("/static/", "data:")) for one in loaded)
    for one in loaded:
        if one.startswith("/static/") and "/vendor/" not in one:
            assert client.get(one).status_code == 200
    assert "connect-src 'self'" in answer.headers["Content-Security-Policy"]


# --- 15 -----------------------------------------------------------------------------------------


def test_15_arcgis_walks_from_the_root_to_every_feature(client: FlaskClient) -> None:
    """The order of calls that ArcGIS is known to make, from an address that ends as its Python wants it."""
    landing = body(client, "/ogcfeatureserver")
    root = "http://localhost/ogcfeatureserver"
    hrefs = [link(landing, rel) for rel in ("conformance", "data", "service-desc")]
    assert all(href.startswith(root) for href in hrefs)
    conformance, data, service = (body(client, href, Accept="application/json") for href in hrefs)
    assert f"{SPEC}ogcapi-features-1/1.0/conf/core" in conformance["conformsTo"]
    most = service["components"]["parameters"]["limit"]["schema"]["maximum"]
    (wells,) = [one for one in data["collections"] if one["id"] == "wells"]
    items = link(wells, "items", "application/geo+json")
    joined = f"{items}{'&' if '?' in items else '?'}limit="
    sample = body(client, f"{joined}5", Accept="application/geo+json")
    assert all(type(feature["id"]) is int for feature in sample["features"])
    assert sample["numberReturned"] < sample["numberMatched"]
    parameters = parse_qs(urlsplit(link(sample, "next")).query)
    (name,) = {"offset", "startindex"} & parameters.keys()
    seen: list[int] = []
    while len(seen) < sample["numberMatched"]:
        seen += ids(body(client, f"{joined}{min(most, 4)}&{name}={len(seen)}"))
    assert seen == [1, 2, 3, 4, 5, 6]
    near = f"{joined}{most}&bbox=113.9,29.9,114.15,30.15&crs={EPSG}3857"
    (x, _y) = body(client, near)["features"][0]["geometry"]["coordinates"]
    assert x == pytest.approx(12690421.95, abs=0.1)


# --- 16 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", ["json", "gpkg"])
def test_16_plain_files_can_be_had_for_older_software(client: FlaskClient, tmp_path: Any, fmt: str) -> None:
    answer = client.get(f"{ITEMS}?f={fmt}&limit=10000")
    path = tmp_path / f"wells.{'geojson' if fmt == 'json' else fmt}"
    path.write_bytes(answer.data)
    info = pyogrio.read_info(path, force_feature_count=True)
    assert (info["features"], info["crs"]) == (6, "EPSG:4326")
    assert {"name", "kind", "city", "depth", "as_of"} <= set(info["fields"])
