"""The endpoints, seen as a client sees them, on both databases."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from gis.config import Settings
from gis.database import Store
from gis.layer import Catalog
from tests.conftest import HOSTILE
from webmap import create_app, describe, params

JSON_PATHS = [
    "/",
    "/conformance",
    "/api",
    "/collections",
    "/collections/wells",
    "/collections/wells/items",
    "/collections/wells/items/1",
    "/collections/wells/schema",
    "/collections/wells/queryables",
    "/collections/wells/feature-schema",
    "/tileMatrixSets",
    "/tileMatrixSets/WebMercatorQuad",
    "/tiles",
    "/tiles/WebMercatorQuad",
    "/collections/wells/tiles",
    "/collections/wells/tiles/WebMercatorQuad",
    "/collections/wells/metadata",
    "/collections/wells/changes",
    "/changes",
]


def somewhere(href: str) -> str:
    """An address, a template filled in."""
    return re.sub(r"\{\w+\}", "0", href)


def links(body: dict[str, Any], rel: str) -> list[dict[str, str]]:
    return [link for link in body["links"] if link["rel"] == rel]


@pytest.mark.parametrize("path", JSON_PATHS)
def test_every_resource_is_json_for_a_program_and_html_for_a_browser(client: FlaskClient, path: str) -> None:
    assert client.get(path).is_json or "json" in client.get(path).content_type
    assert "json" in client.get(path, headers={"Accept": "*/*"}).content_type
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    page = client.get(path, headers=browser)
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert client.get(f"{path}?f=html").mimetype == "text/html"
    assert "json" in client.get(f"{path}?f=json", headers=browser).content_type
    assert "Accept" in page.headers["Vary"]


@pytest.mark.parametrize(
    ("path", "accept", "media_type"),
    [
        (
            "/api",
            "application/vnd.oai.openapi+json;version=3.0, text/html;q=0.5",
            "application/vnd.oai.openapi+json",
        ),
        ("/api", "application/json, text/html;q=0.5", "application/vnd.oai.openapi+json"),
        ("/collections/wells/schema", "application/schema+json, text/html;q=0.5", "application/schema+json"),
        ("/collections/wells/items", "text/html;q=0.5, application/geo+json;q=0.9", "application/geo+json"),
        ("/collections/wells/items", "application/geo+json;q=0.5, text/html;q=0.9", "text/html"),
        ("/collections/wells/items", "text/*", "text/html"),
        ("/collections/wells/items", "image/png", "application/geo+json"),
        ("/collections/wells/items", "nonsense", "application/geo+json"),
        ("/collections/wells/items", "text/html;q=0, */*", "application/geo+json"),
    ],
)
def test_what_is_liked_best_is_sent(client: FlaskClient, path: str, accept: str, media_type: str) -> None:
    assert client.get(path, headers={"Accept": accept}).mimetype == media_type


@pytest.mark.parametrize("path", JSON_PATHS)
def test_a_slash_at_the_end_changes_nothing(client: FlaskClient, path: str) -> None:
    assert client.get(f"{path.rstrip('/')}/").status_code == 200


@pytest.mark.parametrize("path", JSON_PATHS)
def test_head_is_get_without_a_body_and_options_offers_no_writing(client: FlaskClient, path: str) -> None:
    head = client.head(path)
    assert (head.status_code, head.data) == (200, b"")
    assert head.content_type == client.get(path).content_type
    assert set(client.options(path).headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert client.post(path).status_code == 405
    assert client.get(path).headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", JSON_PATHS)
def test_links_are_absolute_typed_and_lead_somewhere(client: FlaskClient, path: str) -> None:
    body = client.get(path).get_json(force=True)
    for link in body.get("links", []):
        assert link["href"].startswith("http://localhost/")
        assert link["type"] and link["title"]
        answer = client.get(somewhere(link["href"]))
        assert answer.status_code == 200
        assert answer.content_type.startswith(link["type"].partition(";")[0])


def test_the_landing_page_has_what_qgis_needs(client: FlaskClient) -> None:
    body = client.get("/").get_json()
    (service,) = links(body, "service-desc")
    assert service["type"] == "application/vnd.oai.openapi+json;version=3.0"
    for rel in ("self", "alternate", "service-doc", "conformance", "data"):
        assert links(body, rel), rel


def test_only_classes_that_hold_are_declared(client: FlaskClient) -> None:
    classes = client.get("/conformance").get_json()["conformsTo"]
    assert classes == list(describe.CONFORMANCE)
    assert len(set(classes)) == len(classes)


def test_collections_have_titles_and_real_extents(client: FlaskClient, catalog: Catalog) -> None:
    body = client.get("/collections").get_json()
    assert [c["id"] for c in body["collections"]] == list(catalog)
    wells = next(c for c in body["collections"] if c["id"] == "wells")
    assert wells["title"] == "水井"
    assert wells["itemType"] == "feature"
    assert wells["extent"]["spatial"]["bbox"] == [[114.0, 30.0, 114.4, 30.4]]
    assert wells["extent"]["temporal"]["interval"] == [["2021-06-01T00:00:00Z", "2021-06-05T00:00:00Z"]]
    assert wells == client.get("/collections/wells").get_json()
    assert links(wells, "items")[0]["type"] == "application/geo+json"


def test_items_are_a_whole_feature_collection(client: FlaskClient) -> None:
    answer = client.get("/collections/wells/items?limit=2")
    body = json.loads(answer.data)
    assert answer.content_type == "application/geo+json"
    assert (body["type"], body["numberMatched"], body["numberReturned"]) == ("FeatureCollection", 6, 2)
    assert body["timeStamp"].endswith("Z")
    assert [feature["id"] for feature in body["features"]] == [1, 2]
    assert "号井" in answer.get_data(as_text=True)


def test_pages_follow_their_links_to_the_end_and_back(client: FlaskClient) -> None:
    seen, url, last = [], "/collections/wells/items?limit=4&status=built", ""
    while url:
        body = client.get(url).get_json(force=True)
        seen += [feature["id"] for feature in body["features"]]
        last, url = url, next((link["href"] for link in links(body, "next")), "")
    assert seen == [1, 2, 3, 4, 5]
    (back,) = links(client.get(last).get_json(force=True), "prev")
    assert "status=built" in back["href"] and "limit=4" in back["href"]
    assert client.get(back["href"]).get_json(force=True)["features"][0]["id"] == 1


def test_a_feature_without_a_place_is_served_with_null(client: FlaskClient) -> None:
    feature = client.get("/collections/wells/items/6").get_json(force=True)
    assert feature["geometry"] is None


def test_filters_work_together(client: FlaskClient) -> None:
    asked = (
        "/collections/wells/items?kind=dug&bbox=114.05,30,115,31&datetime=2021-06-01/2021-06-04&city=420100"
    )
    assert [f["id"] for f in client.get(asked).get_json(force=True)["features"]] == [3]


def test_every_property_stands_in_every_feature_and_in_the_schema(client: FlaskClient) -> None:
    schema = client.get("/collections/wells/schema").get_json(force=True)
    names = [name for name in schema["properties"] if name not in ("id", "geometry")]
    for feature in client.get("/collections/wells/items").get_json(force=True)["features"]:
        assert list(feature["properties"]) == names
    assert schema["properties"]["depth"] == {
        "title": "深度",
        "type": "number",
        "x-ogc-unit": "m",
        "x-ogc-propertySeq": schema["properties"]["depth"]["x-ogc-propertySeq"],
    }
    Draft202012Validator.check_schema(schema)


def test_queryables_are_what_can_be_asked(client: FlaskClient) -> None:
    names = client.get("/collections/wells/queryables").get_json(force=True)["properties"]
    assert {"name", "kind", "city", "depth"} <= names.keys()
    openapi = client.get("/api").get_json(force=True)
    parameters = openapi["paths"]["/collections/wells/items"]["get"]["parameters"]
    assert names["geometry"]["format"] == "geometry-point"
    of_layer = {"properties", "sortby"}
    assert {p["name"] for p in parameters if "name" in p} == set(names) - {"geometry"} | of_layer
    shared = {p["$ref"].rpartition("/")[2] for p in parameters if "$ref" in p}
    assert shared == (params.OF_ITEMS - of_layer) | {"f-items", "lang"}
    assert shared == openapi["components"]["parameters"].keys() - {"f"}


def test_the_openapi_document_is_valid_and_states_the_limits(client: FlaskClient) -> None:
    answer = client.get("/api")
    body = answer.get_json(force=True)
    validate(body)
    assert answer.content_type == "application/vnd.oai.openapi+json;version=3.0"
    limit = body["components"]["parameters"]["limit"]["schema"]
    assert (limit["default"], limit["maximum"]) == (params.DEFAULT_LIMIT, params.MAXIMUM_LIMIT)
    assert "/collections/wells/items" in body["paths"]


WRONG = [
    ("/nowhere", 404),
    ("/collections/nothing", 404),
    ("/collections/nothing/items", 404),
    ("/collections/wells%27--/items", 404),
    ("/collections/wells/items/99", 404),
    ("/collections/wells/items/99999999999999999999999", 404),
    ("/collections/wells/items/7", 404),
    ("/collections/wells/items/a%00b", 404),
    ("/collections/wells/items/01", 404),
    (f"/collections/wells/items/{'9' * 6000}", 404),
    ("/?color=red", 400),
    ("/collections?limit=1", 400),
    ("/conformance?x=1", 400),
    ("/collections/wells?bbox=1,2,3,4", 400),
    ("/collections/wells/items?color=red", 400),
    ("/collections/wells/items?f=shp", 400),
    ("/collections/wells/items?lang=fr&f=html", 400),
    ("/collections/wells/items?bbox=1,2,3", 400),
    ("/collections/wells/items?bbox=%27;drop%20table", 400),
    ("/collections/wells/items?limit=0", 400),
    ("/collections/wells/items?city=x", 400),
    ("/collections/wells/items?name=%00", 400),
    ("/collections/wells/items?crs=EPSG:4490", 400),
    ("/collections/wells/items?crs=http://www.opengis.net/def/crs/EPSG/0/2000", 400),
    ("/collections/wells/items?bbox-crs=http://www.opengis.net/def/crs/EPSG/0/4490", 400),
    ("/collections/wells/items?coords=wgs72", 400),
    ("/collections/wells/items?coords=gcj02&crs=http://www.opengis.net/def/crs/OGC/1.3/CRS84", 400),
    ("/collections/wells/items?properties=colour", 400),
    ("/collections/wells/items?sortby=colour", 400),
    ("/collections/wells/items?sortby=", 400),
    ("/collections/wells/items?skipGeometry=maybe", 400),
    ("/collections/wells/items?offset=1&startindex=1", 400),
    ("/collections/wells/items?filter=depth>", 400),
    ("/collections/wells/items?filter=colour='red'", 400),
    ("/collections/wells/items?filter-lang=cql2-text", 400),
    ("/collections/wells/items?filter=depth>1&filter-lang=sql", 400),
    ("/collections/wells/items?filter=depth>1&filter-crs=EPSG:4326", 400),
    ("/static/../cli.py", 404),
    ("/static/nothing.js", 404),
]


@pytest.mark.parametrize(("url", "status"), WRONG)
def test_what_is_wrong_gets_a_problem_document(client: FlaskClient, url: str, status: int) -> None:
    answer = client.get(url)
    body = answer.get_json(force=True)
    assert answer.status_code == status == body["status"]
    assert answer.content_type == "application/problem+json"
    assert body.keys() == {"type", "title", "status", "detail"}
    assert body["detail"]
    for word in ("Traceback", "sqlalchemy", "SELECT", "psycopg"):
        assert word not in answer.get_data(as_text=True)


def test_a_fault_gives_no_traceback_away(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(describe, "landing", broken)
    answer = app.test_client().get("/")
    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
    assert "secret" not in answer.get_data(as_text=True)


def test_a_service_without_data_says_so(store: Store, catalog: Catalog) -> None:
    answer = create_app(Settings(), catalog, store).test_client().get("/collections")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "corridor build" in answer.get_json(force=True)["detail"]


def test_links_follow_the_public_address(filled: Store, catalog: Catalog) -> None:
    fixed = create_app(Settings(base_url="https://example.gov.cn/corridor"), catalog, filled).test_client()
    assert (
        links(fixed.get("/").get_json(), "data")[0]["href"] == "https://example.gov.cn/corridor/collections"
    )
    behind = create_app(Settings(), catalog, filled).test_client()
    forwarded = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "map.example",
        "X-Forwarded-Prefix": "/gis",
    }
    body = behind.get("/", headers=forwarded).get_json()
    assert links(body, "data")[0]["href"] == "https://map.example/gis/collections"


@pytest.mark.parametrize("base", ["", "https://example.gov.cn/corridor"])
@pytest.mark.parametrize("name", ["ogcfeatureserver", "OGCFeatureServer"])
def test_the_whole_service_stands_under_a_second_name(
    filled: Store, catalog: Catalog, base: str, name: str
) -> None:
    client = create_app(Settings(base_url=base), catalog, filled).test_client()
    root = f"{base or 'http://localhost'}/{name}"
    for path in ("", *JSON_PATHS[1:]):
        body = client.get(f"/{name}{path}").get_json(force=True)
        for link in body.get("links", []):
            assert link["href"].startswith(f"{root}/")
            assert client.get(somewhere(link["href"].replace(base, ""))).status_code == 200
    assert client.get(f"/{name}/api").get_json(force=True)["servers"] == [{"url": root}]
    assert client.get(f"/{name}x/api").status_code == 404


def test_a_browser_of_another_origin_may_ask_with_a_validator(client: FlaskClient) -> None:
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    answer = client.options("/collections/wells/items", headers=asked)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" not in answer.headers["Access-Control-Allow-Methods"]
    assert "If-None-Match" in answer.headers["Access-Control-Allow-Headers"]
    assert "POST" in client.options("/summary", headers=asked).headers["Access-Control-Allow-Methods"]


def test_internal_features_are_served_where_the_settings_say_so(filled: Store, catalog: Catalog) -> None:
    inside = create_app(Settings(internal=True), catalog, filled).test_client()
    assert inside.get("/collections/wells/items/7").status_code == 200
    assert inside.get("/collections/wells/items").get_json(force=True)["numberMatched"] == 7


@pytest.mark.parametrize("path", ["/collections/wells/items", "/collections/wells/items/5"])
def test_hostile_names_are_text_in_html(client: FlaskClient, path: str) -> None:
    page = client.get(f"{path}?f=html").get_data(as_text=True)
    assert "<script>alert" not in page and "<img src=x" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert HOSTILE not in page


def test_html_pages_speak_both_languages(client: FlaskClient) -> None:
    assert "数据集" in client.get("/collections?f=html").get_data(as_text=True)
    english = client.get("/collections?f=html&lang=en").get_data(as_text=True)
    assert "Collections" in english and "Wells" in english
    assert '<html lang="en">' in english


def test_html_pages_load_only_what_is_ours(client: FlaskClient) -> None:
    answer = client.get("/collections?f=html")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "cdn" not in answer.get_data(as_text=True)
