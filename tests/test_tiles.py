"""The tile endpoints and the tiles of both databases, decoded by a decoder that is not ours."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import pyogrio
import pytest
import shapely
from flask.testing import FlaskClient
from openapi_spec_validator import validate
from pmtiles.reader import MmapSource, Reader, all_tiles

from gis import cells, repository, storing, tileset
from gis.config import Settings
from gis.database import Store, open_store
from gis.errors import BadData
from gis.feature import Bbox, Feature, rounded
from gis.layer import Catalog, Geometry, Layer
from gis.symbol import Marker
from gis.tile import EXTENT, MAX_ZOOM, Tile
from tests.conftest import FIELDS, TRACKS, WELLS, _postgis_settings, _spatialite_settings, properties
from tests.test_tile import covering
from webmap import archive, create_app

CROWD = Layer(id="crowd", title="人群", geometry=Geometry.POINT, symbol=Marker("#aa3333"))
LAYERS = (WELLS, TRACKS, FIELDS, CROWD)
MVT = "application/vnd.mapbox-vector-tile"
MANY = 600
REGION = Bbox(113.6, 29.9, 114.9, 30.9)


def random_features(layer: Layer, count: int, seed: int) -> Iterator[Feature]:
    """Features scattered over the region, from far too small for a tile to larger than one; every 20th is internal."""
    rng = np.random.default_rng(seed)
    for number in range(1, count + 1):
        place = rng.uniform((REGION.west, REGION.south), (REGION.east, REGION.north))
        shape = _shape(layer.geometry, place, 10 ** rng.uniform(-7, -0.5), rng)
        secret = "internal" if number % 20 == 0 else "public"
        values = properties(
            layer, f"{layer.id}-{number}", visibility=secret, kind="dug" if number % 2 else None
        )
        yield Feature(number, rounded(shape), values)


def _shape(geometry: Geometry, place: np.ndarray, size: float, rng: np.random.Generator) -> Any:
    if geometry is Geometry.POINT:
        return shapely.Point(place)
    if geometry is Geometry.LINE:
        return shapely.MultiLineString([place + size * rng.uniform(-1, 1, (5, 2))])
    turns = np.sort(rng.uniform(0, 2 * np.pi, 12))
    corners = place + size * np.column_stack((np.cos(turns), np.sin(turns)))
    return shapely.MultiPolygon([shapely.Polygon(corners)])


def expected(layer: Layer) -> set[int]:
    """The ids of what is public."""
    count = MANY if layer is CROWD else 150
    return {number for number in range(1, count + 1) if number % 20}


@pytest.fixture(scope="module", params=["spatialite", "postgis"])
def tiled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store of random features, one layer of which is too many for its tiles to show."""
    spatialite = request.param == "spatialite"
    opened = open_store(
        _spatialite_settings(tmp_path_factory.mktemp("tiles"))
        if spatialite
        else _postgis_settings("corridor_test_tiles")
    )
    with pytest.MonkeyPatch.context() as patch, opened.publish() as connection:
        patch.setattr(cells, "MOST", 200)
        storing.begin(connection)
        for layer in LAYERS:
            count = MANY if layer is CROWD else 150
            storing.replace(connection, layer, random_features(layer, count, len(layer.id)))
        storing.finish(connection, "tiles-1")
    yield opened
    opened.close()


@pytest.fixture
def tiles_client(tiled: Store) -> FlaskClient:
    """A client of a service over that store."""
    return create_app(Settings(), Catalog(LAYERS), tiled).test_client()


def decoded(tile: bytes) -> dict[str, list[dict[str, Any]]]:
    found = mapbox_vector_tile.decode(tile, default_options={"y_coord_down": True})
    return {name: layer["features"] for name, layer in found.items()}


def in_square(feature: dict[str, Any]) -> bool:
    return all(0 <= value < EXTENT for value in feature["geometry"]["coordinates"])


def url(tile: Tile, path: str = "") -> str:
    return f"{path}/tiles/WebMercatorQuad/{tile.zoom}/{tile.row}/{tile.column}"


def of_zoom(client: FlaskClient, zoom: int) -> Iterator[dict[str, list[dict[str, Any]]]]:
    """The tiles of the combined set at a zoom, decoded."""
    margin = Bbox(REGION.west - 0.4, REGION.south - 0.4, REGION.east + 0.4, REGION.north + 0.4)
    for tile in covering(margin, zoom):
        yield decoded(client.get(url(tile)).data)


@pytest.mark.parametrize("zoom", [0, 4, 7, 9, 10])
def test_every_public_feature_is_in_the_tiles_of_every_zoom_and_no_other(
    tiles_client: FlaskClient, zoom: int
) -> None:
    seen: dict[str, list[int]] = {layer.id: [] for layer in LAYERS}
    counted = 0
    for tile in of_zoom(tiles_client, zoom):
        for layer_id, features in tile.items():
            shown = [f for f in features if f["geometry"]["type"] != "Point" or in_square(f)]
            counted += sum(feature["properties"].get("count", 0) for feature in shown)
            seen[layer_id] += [feature["id"] for feature in shown]
    assert sorted(seen["wells"]) == sorted(expected(WELLS))
    assert set(seen["tracks"]) == expected(TRACKS)
    assert set(seen["plots"]) == expected(FIELDS)
    if counted:
        assert counted == len(expected(CROWD))
    else:
        assert sorted(seen["crowd"]) == sorted(expected(CROWD))


def test_a_large_layer_is_shown_by_cells_from_afar_and_as_it_is_from_near(tiled: Store) -> None:
    with tiled.read() as connection:
        published = repository.published(connection)
        last = published.summary(CROWD, internal=False).cell_zoom
        assert published.summary(WELLS, internal=False).cell_zoom is None
    assert last is not None and 5 <= last <= 9


def test_both_internal_and_public_features_are_counted_for_those_who_may_see_them(tiled: Store) -> None:
    inside = create_app(Settings(internal=True), Catalog(LAYERS), tiled).test_client()
    found = decoded(inside.get(url(Tile(0, 0, 0))).data)
    assert sum(feature["properties"]["count"] for feature in found["crowd"]) == MANY
    assert {feature["id"] for feature in found["plots"]} == set(range(1, 151))


def test_a_filter_holds_on_the_tiles_of_every_zoom(
    tiles_client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "MOST", 200)
    odd = {number for number in expected(CROWD) if number % 2}
    for zoom, many in ((4, True), (7, True), (12, False)):
        found: dict[int, int] = {}
        for tile in covering(REGION, zoom):
            body = tiles_client.get(url(tile, "/collections/crowd") + "?filter=kind='dug'").data
            for feature in decoded(body).get("crowd", []):
                if in_square(feature):
                    found[feature["id"]] = feature["properties"].get("count", 1)
        assert sum(found.values()) == len(odd)
        assert many or found.keys() == odd


def test_a_filter_that_leaves_few_features_shows_them_and_no_cells(
    tiles_client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "MOST", 200)
    tile = Tile(0, 0, 0)
    few = tiles_client.get(
        url(tile, "/collections/crowd") + "?filter=key IN ('crowd-1','crowd-2','crowd-20')"
    ).data
    assert {feature["id"] for feature in decoded(few)["crowd"]} == {1, 2}
    assert all("count" not in feature["properties"] for feature in decoded(few)["crowd"])


def test_a_filter_is_understood_or_refused_as_that_of_items(tiles_client: FlaskClient) -> None:
    tile = Tile(4, 6, 13)
    assert tiles_client.get(url(tile, "/collections/wells") + "?filter=depth > ").status_code == 400
    assert tiles_client.get(url(tile, "/collections/wells") + "?bbox=1,2,3,4").status_code == 400
    assert tiles_client.get(url(tile) + "?filter=kind='dug'").status_code == 400


def test_polygons_and_lines_of_every_tile_are_valid(tiles_client: FlaskClient) -> None:
    for tile in of_zoom(tiles_client, 9):
        for name in ("plots", "tracks"):
            for feature in tile.get(name, []):
                shape = shapely.geometry.shape(feature["geometry"])
                assert shapely.is_valid(shape) and shape.length > 0


def test_tiles_say_little_from_afar_and_everything_from_near(tiles_client: FlaskClient) -> None:
    place = next(random_features(WELLS, 1, len(WELLS.id))).geometry
    assert place is not None
    for zoom, names in ((8, {"key", "name", "kind", "precision"}), (14, None)):
        (tile,) = covering(Bbox(*place.bounds), zoom)
        features = decoded(tiles_client.get(url(tile, "/collections/wells")).data)["wells"]
        (found,) = [feature for feature in features if feature["id"] == 1]
        item = tiles_client.get("/collections/wells/items/1").get_json(force=True)["properties"]
        told = {name: value for name, value in item.items() if value is not None}
        assert found["properties"] == {k: v for k, v in told.items() if names is None or k in names}


def test_both_databases_put_the_same_into_every_tile(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    kinds = (_spatialite_settings(tmp_path_factory.mktemp("same")), _postgis_settings("corridor_test_same"))
    stores = [open_store(settings) for settings in kinds]
    for store in stores:
        with store.publish() as connection:
            storing.begin(connection)
            for layer in (WELLS, TRACKS, FIELDS):
                storing.replace(connection, layer, random_features(layer, 400, 11))
            storing.finish(connection, "same-1")
    for layer in (WELLS, TRACKS, FIELDS):
        for zoom in (0, 6, 8, 10):
            for tile in covering(REGION, zoom):
                first, second = (_told(store, layer, tile) for store in stores)
                assert first == second, (layer.id, tile)
    for store in stores:
        store.close()


def _told(store: Store, layer: Layer, tile: Tile) -> dict[int, Any]:
    with store.read() as connection:
        found = decoded(tileset.encoded(connection, layer, tile, cell_zoom=None)).get(layer.id, [])
    return {feature["id"]: feature["properties"] for feature in found}


def test_gdal_reads_a_tile(tiles_client: FlaskClient, tmp_path: Path) -> None:
    (tile,) = covering(Bbox(114.3, 30.5, 114.3, 30.5), 7)
    made = tiles_client.get(url(tile)).data
    file = tmp_path / "tile.mvt"
    file.write_bytes(made)
    assert {name for name, _geometry in pyogrio.list_layers(file)} == set(decoded(made))
    read = pyogrio.read_dataframe(file, layer="plots")
    assert sorted(read["key"]) == sorted(f["properties"]["key"] for f in decoded(made)["plots"])


def test_tiles_stay_within_what_the_standard_says(client: FlaskClient) -> None:
    (tile,) = covering(Bbox(114, 30, 114, 30), 12)
    shown = client.get(f"{url(tile, '/collections/wells')}?f=mvt")
    assert (shown.status_code, shown.content_type) == (200, MVT)
    assert {feature["id"] for feature in decoded(shown.data)["wells"]} == {1}
    nothing = client.get("/collections/wells/tiles/WebMercatorQuad/10/0/0")
    assert (nothing.status_code, nothing.content_type, nothing.data) == (200, MVT, b"")


WRONG = [
    ("/collections/wells/tiles/WebMercatorQuad/3/8/0", 404),
    ("/collections/wells/tiles/WebMercatorQuad/3/0/8", 404),
    (f"/collections/wells/tiles/WebMercatorQuad/{MAX_ZOOM + 1}/0/0", 404),
    ("/collections/wells/tiles/WebMercatorQuad/three/0/0", 404),
    ("/collections/wells/tiles/WebMercatorQuad/99999999999999999999/0/0", 404),
    ("/collections/wells/tiles/WebMercatorQuad/3/x/0", 400),
    ("/collections/wells/tiles/WebMercatorQuad/3/0/-1", 400),
    ("/collections/wells/tiles/WebMercatorQuad/3/0/0?f=png", 400),
    ("/collections/wells/tiles/WebMercatorQuad/3/0/0?color=red", 400),
    ("/collections/wells/tiles/WorldCRS84Quad", 404),
    ("/collections/nothing/tiles", 404),
    ("/collections/nothing/tiles/WebMercatorQuad/0/0/0", 404),
    ("/tiles/WebMercatorQuad?f=csv", 400),
    ("/tiles/WebMercatorQuad/style?f=html", 400),
    ("/tiles/nothing/0/0/0", 404),
    ("/tileMatrixSets/nothing", 404),
]


@pytest.mark.parametrize(("wrong", "status"), WRONG)
def test_what_is_wrong_gets_a_problem_document(client: FlaskClient, wrong: str, status: int) -> None:
    answer = client.get(wrong)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert answer.get_json(force=True)["status"] == status


def test_a_kept_tile_has_a_validator_and_is_not_sent_twice(client: FlaskClient) -> None:
    path = "/tiles/WebMercatorQuad/0/0/0"
    first, second = client.get(path), client.get(path)
    assert first.data == second.data
    assert first.headers["ETag"] == second.headers["ETag"]
    assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    other = client.get("/tiles/WebMercatorQuad/1/0/1")
    assert other.headers["ETag"] != first.headers["ETag"]


def links(body: dict[str, Any], rel: str) -> list[dict[str, Any]]:
    return [link for link in body["links"] if link["rel"].endswith(rel)]


@pytest.mark.parametrize("path", ["", "/collections/wells"])
def test_a_client_finds_its_way_from_the_resource_to_a_tile(client: FlaskClient, path: str) -> None:
    (listed,) = links(client.get(f"{path or '/'}?f=json").get_json(), "/tilesets-vector")
    (one,) = client.get(listed["href"]).get_json()["tilesets"]
    assert (one["dataType"], one["tileMatrixSetURI"].rpartition("/")[2]) == ("vector", "WebMercatorQuad")
    (described,) = links(one, "self")
    tileset_body = client.get(described["href"]).get_json()
    (definition,) = links(tileset_body, "/tiling-scheme")
    assert client.get(definition["href"]).get_json()["id"] == "WebMercatorQuad"
    (template,) = links(tileset_body, "item")
    assert template["templated"] is True and template["type"] == MVT
    address = template["href"].format(tileMatrix=0, tileRow=0, tileCol=0)
    assert "wells" in decoded(client.get(address).data)


def test_tilejson_names_the_layers_and_their_fields(client: FlaskClient, catalog: Catalog) -> None:
    body = client.get("/tiles/WebMercatorQuad/tilejson").get_json()
    assert body["tilejson"] == "3.0.0"
    assert [layer["id"] for layer in body["vector_layers"]] == list(catalog)
    (wells,) = [layer for layer in body["vector_layers"] if layer["id"] == "wells"]
    assert wells["fields"]["depth"] == "深度"
    assert body == client.get("/tiles/WebMercatorQuad?f=tilejson").get_json()
    (template,) = body["tiles"]
    (tile,) = covering(Bbox(114, 30, 114, 30), 12)
    found = client.get(template.format(z=12, x=tile.column, y=tile.row))
    assert {feature["id"] for feature in decoded(found.data)["wells"]} == {1}
    west, south, east, north = client.get("/collections/wells/tiles/WebMercatorQuad/tilejson").get_json()[
        "bounds"
    ]
    assert (west, south, east, north) == (114.0, 30.0, 114.4, 30.4)


def test_the_matrix_set_is_the_registered_one(client: FlaskClient) -> None:
    body = client.get("/tileMatrixSets/WebMercatorQuad").get_json()
    assert len(body["tileMatrices"]) == 25
    first, last = body["tileMatrices"][0], body["tileMatrices"][-1]
    assert first["scaleDenominator"] == pytest.approx(559082264.028717, rel=1e-12)
    assert first["cellSize"] == pytest.approx(156543.033928041, rel=1e-12)
    assert first["pointOfOrigin"] == pytest.approx([-20037508.3427892, 20037508.3427892])
    assert (last["id"], last["matrixWidth"]) == ("24", 2**24)


def test_tile_resources_stand_in_the_openapi_document(client: FlaskClient) -> None:
    body = client.get("/api").get_json(force=True)
    validate(body)
    operations = {way["get"]["operationId"] for way in body["paths"].values() if "get" in way}
    for name in ("getTileSetsList", "getTileSet", "getTile"):
        assert {f"dataset.vector.{name}", f"wells.collection.vector.{name}"} <= operations
    tile = body["paths"]["/collections/wells/tiles/WebMercatorQuad/{tileMatrix}/{tileRow}/{tileCol}"]["get"]
    assert [p["name"] for p in tile["parameters"] if p.get("in") == "path"] == [
        "tileMatrix",
        "tileRow",
        "tileCol",
    ]
    assert MVT in tile["responses"]["200"]["content"]


def test_an_archive_holds_every_feature_with_every_field_at_its_last_zoom(
    tiled: Store, tmp_path: Path
) -> None:
    file = tmp_path / "corridor.pmtiles"
    made = archive.export(tiled, Catalog(LAYERS), file, last_zoom=9)
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    with file.open("rb") as opened:
        reader = Reader(MmapSource(opened))
        header, about = reader.header(), reader.metadata()
        tiles = dict(all_tiles(MmapSource(opened)))
    assert (header["min_zoom"], header["max_zoom"], header["clustered"]) == (0, 9, True)
    assert [layer["id"] for layer in about["vector_layers"]] == list(Catalog(LAYERS))
    assert len(tiles) == made.tiles and file.stat().st_size == made.size
    seen: dict[str, set[int]] = {layer.id: set() for layer in LAYERS}
    for place, packed in tiles.items():
        if place[0] == 9:
            for name, features in decoded(_unpacked(packed)).items():
                seen[name] |= {feature["id"] for feature in features}
                assert all("source" in feature["properties"] for feature in features)
    assert seen == {layer.id: expected(layer) for layer in LAYERS}


def _unpacked(packed: bytes) -> bytes:
    return gzip.decompress(packed)


def test_an_archive_is_the_same_whenever_it_is_made(tiled: Store, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.pmtiles", "b.pmtiles")]
    for file in files:
        archive.export(tiled, Catalog(LAYERS), file, last_zoom=5)
    assert files[0].read_bytes() == files[1].read_bytes()


def test_an_archive_of_nothing_is_refused(store: Store, tmp_path: Path) -> None:
    with store.publish() as connection:
        storing.begin(connection)
        storing.replace(connection, WELLS, ())
        storing.finish(connection, "empty")
    with pytest.raises(BadData, match="no layer has a feature"):
        archive.export(store, Catalog([WELLS]), tmp_path / "nothing.pmtiles")
    assert not list(tmp_path.glob("*.pmtiles*"))


def test_a_tileset_without_data_is_described_all_the_same(store: Store) -> None:
    with store.publish() as connection:
        storing.begin(connection)
        storing.replace(connection, WELLS, ())
        storing.finish(connection, "empty")
    empty = create_app(Settings(), Catalog([WELLS]), store).test_client()
    bounds = empty.get("/tiles/WebMercatorQuad/tilejson").get_json()["bounds"]
    assert bounds == pytest.approx([-180, -85.0511287798, 180, 85.0511287798])
    assert empty.get("/tiles/WebMercatorQuad/0/0/0").data == b""
