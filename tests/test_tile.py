"""The arithmetic of tiles, and vector tiles encoded here, read by a decoder that is not ours."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from gis import cells, mvt
from gis.errors import NotFound
from gis.feature import Bbox
from gis.mvt import Shape
from gis.tile import BUFFER, EXTENT, MAX_LATITUDE, MAX_ZOOM, Tile, anchors, projected

WUHAN = Tile(10, 420, 837)


def decoded(tile: bytes, name: str = "layer") -> list[dict[str, Any]]:
    found = mapbox_vector_tile.decode(tile, default_options={"y_coord_down": True})
    features: list[dict[str, Any]] = found[name]["features"]
    return features


def drawn(tile: Tile, geometry: shapely.Geometry) -> Any:
    """What a decoder finds of a geometry in a tile, None when there is nothing."""
    dimension = shapely.get_dimensions(geometry)
    (commands,) = mvt.drawn(tile, projected([geometry]), dimension)
    encoded = mvt.layer("layer", dimension, [Shape(1, commands, {})])
    return shapely.geometry.shape(decoded(encoded)[0]["geometry"]) if encoded else None


def covering(box: Bbox, zoom: int) -> Iterator[Tile]:
    """The tiles of a zoom that a box in degrees meets, row by row: by the published formula, apart from the code."""
    left, right = (int((lon + 180) / 360 * 2**zoom) for lon in (box.west, box.east))
    top, bottom = (
        int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**zoom)
        for lat in (box.north, box.south)
    )
    for row in range(max(top, 0), min(bottom, 2**zoom - 1) + 1):
        for column in range(left, min(right, 2**zoom - 1) + 1):
            yield Tile(zoom, row, column)


def test_tiles_are_where_everyone_has_them() -> None:
    (found,) = covering(Bbox(114.3, 30.5, 114.3, 30.5), 10)
    assert found == WUHAN
    to_degrees = Transformer.from_crs(3857, 4326, always_xy=True)
    west, north = to_degrees.transform(WUHAN.bounds[0], WUHAN.bounds[3])
    assert (west, north) == pytest.approx((114.2578125, 30.751277776257812))


@pytest.mark.parametrize("place", [(-1, 0, 0), (MAX_ZOOM + 1, 0, 0), (3, 8, 0), (3, 0, 8), (3, -1, 0)])
def test_what_lies_outside_the_matrix_is_not_found(place: tuple[int, int, int]) -> None:
    with pytest.raises(NotFound):
        Tile(*place)


def test_the_children_of_a_tile_cover_it() -> None:
    assert [child.zoom for child in WUHAN.children] == [11] * 4
    west, south, east, north = np.array([child.bounds for child in WUHAN.children]).T
    assert (west.min(), south.min(), east.max(), north.max()) == pytest.approx(WUHAN.bounds)


def test_coordinates_are_those_of_web_mercator() -> None:
    place = shapely.Point(114.3, 30.5)
    expected = Transformer.from_crs(4326, 3857, always_xy=True).transform(place.x, place.y)
    assert projected([place])[0].coords[0] == pytest.approx(expected, abs=1e-6)


def test_what_the_matrix_cannot_hold_is_cut_off() -> None:
    pole, both, nothing = projected(
        [shapely.Point(0, 89), shapely.box(0, 60, 10, 90), None],
    )
    assert pole is None and nothing is None
    assert shapely.bounds(both)[3] == pytest.approx(Tile(0, 0, 0).bounds[3])


@settings(max_examples=200, deadline=None)
@given(st.floats(-179.9, 179.9), st.floats(-MAX_LATITUDE + 0.1, MAX_LATITUDE - 0.1), st.integers(0, MAX_ZOOM))
def test_every_point_is_in_the_square_of_one_tile(longitude: float, latitude: float, zoom: int) -> None:
    metres = projected([shapely.Point(longitude, latitude)])
    (home,) = covering(Bbox(longitude, latitude, longitude, latitude), zoom)
    last = 2**zoom - 1
    near = {
        Tile(zoom, row, column)
        for row in range(max(0, home.row - 1), min(last, home.row + 1) + 1)
        for column in range(max(0, home.column - 1), min(last, home.column + 1) + 1)
    }
    units = [np.rint(tile.units(shapely.get_coordinates(metres)))[0] for tile in near]
    assert sum(bool(np.all((xy >= 0) & (xy < EXTENT))) for xy in units) == 1


def test_a_point_on_an_edge_is_in_both_tiles_and_in_the_square_of_one() -> None:
    degrees = Transformer.from_crs(3857, 4326, always_xy=True)
    edge = shapely.Point(degrees.transform(WUHAN.bounds[2], sum(WUHAN.bounds[1::2]) / 2))
    left, right = WUHAN, Tile(WUHAN.zoom, WUHAN.row, WUHAN.column + 1)
    assert drawn(left, edge).coords[0][0] == EXTENT
    assert drawn(right, edge).coords[0][0] == 0


def test_the_buffer_holds_64_units_and_no_more() -> None:
    degrees = Transformer.from_crs(3857, 4326, always_xy=True)

    def at(units: float) -> shapely.Point:
        x = WUHAN.bounds[0] + units * WUHAN.unit
        return shapely.Point(degrees.transform(x, WUHAN.bounds[3] - 100 * WUHAN.unit))

    assert drawn(WUHAN, at(-BUFFER)).coords[0] == (-BUFFER, 100)
    assert drawn(WUHAN, at(EXTENT + BUFFER)).coords[0] == (EXTENT + BUFFER, 100)
    assert drawn(WUHAN, at(-BUFFER - 1)) is None
    assert drawn(WUHAN, at(EXTENT + BUFFER + 1)) is None


def test_polygons_are_valid_and_wound_as_vector_tiles_want_it() -> None:
    ring = shapely.box(114.3, 30.45, 114.6, 30.7).difference(shapely.box(114.4, 30.5, 114.5, 30.6))
    for clockwise in (True, False):
        (commands,) = mvt.drawn(WUHAN, projected([shapely.orient_polygons(ring, exterior_cw=clockwise)]), 2)
        exterior, interior = rings(commands)
        assert signed_area(exterior) > 0 > signed_area(interior)
    assert shapely.is_valid(drawn(WUHAN, ring))


def test_a_polygon_that_crosses_itself_on_the_grid_is_mended() -> None:
    star = shapely.Polygon(
        [(114.3 + 0.1 * np.cos(t), 30.5 + 0.1 * np.sin(t)) for t in np.arange(5) * 4 * np.pi / 5]
    )
    found = drawn(WUHAN, star)
    assert shapely.is_valid(found) and found.area > 0


@pytest.mark.parametrize("zoom", range(0, MAX_ZOOM + 1, 3))
@pytest.mark.parametrize(
    "geometry",
    [
        shapely.box(114.3, 30.5, 114.3000001, 30.5000001),
        shapely.LineString([(114.3, 30.5), (114.3000001, 30.5)]),
        shapely.box(113.9, 30.5, 114.7, 30.5000001),
    ],
    ids=["small area", "short line", "thin area"],
)
def test_what_is_too_small_for_the_grid_is_still_drawn(geometry: shapely.Geometry, zoom: int) -> None:
    found = [drawn(tile, geometry) for tile in covering(Bbox(*geometry.bounds), zoom)]
    shown = [shape for shape in found if shape is not None]
    assert shown
    assert all(shapely.is_valid(shape) and max(shape.area, shape.length) > 0 for shape in shown)


def test_lines_have_no_repeated_positions_and_all_their_parts() -> None:
    near = [(114.3, 30.5), (114.3000001, 30.5), (114.4, 30.6)]
    found = drawn(WUHAN, shapely.MultiLineString([near, [(114.5, 30.5), (114.6, 30.5)]]))
    assert [len(part.coords) for part in found.geoms] == [2, 2]
    assert all(a != b for part in found.geoms for a, b in pairwise(part.coords))


def test_multipoints_keep_their_parts() -> None:
    found = drawn(WUHAN, shapely.MultiPoint([(114.3, 30.5), (114.4, 30.6), (0, 0)]))
    assert len(found.geoms) == 2


def test_values_come_back_as_they_were() -> None:
    values = {
        "text": "光谷",
        "empty": "",
        "whole": 7,
        "negative": -7,
        "large": 2**53,
        "number": 1.5,
        "one": 1,
        "one_and_nothing": 1.0,
        "yes": True,
        "no": False,
    }
    encoded = mvt.layer("layer", 0, [Shape(2**40, [9, 2, 2], {**values, "absent": None})])
    (feature,) = decoded(encoded)
    assert feature["properties"] == values
    assert {name: type(value) for name, value in feature["properties"].items()} == {
        name: type(value) for name, value in values.items()
    }
    assert feature["id"] == 2**40


def test_a_layer_that_shows_nothing_is_no_layer() -> None:
    assert mvt.layer("layer", 0, [Shape(1, [], {})]) == b""


def test_an_anchor_is_the_first_position() -> None:
    line = shapely.LineString([(1, 2), (3, 4)])
    empty = shapely.Point()
    assert anchors(np.array([line, None, empty, shapely.Point(5, 6)])).tolist() == [[1, 2], [5, 6]]


def test_cells_count_every_feature_once_at_every_zoom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "MOST", 50)
    rng = np.random.default_rng(4)
    places = rng.normal((12_720_000, 3_560_000), 40_000, (2000, 2))
    public = rng.random(2000) < 0.9
    last = cells.zoom_of(places)
    assert last is not None
    counted = cells.counted(places, public, last)
    assert [of_zoom.zoom for of_zoom in counted] == list(range(last + 1))
    for of_zoom in counted:
        assert of_zoom.totals.sum() == 2000 and of_zoom.shown.sum() == public.sum()
        stored = list(of_zoom.by_tile())
        assert len({(row, column) for row, column, _held in stored}) == len(stored)
        for row, column, _held in stored:
            tile = Tile(of_zoom.zoom, row, column)
            around = [one for one in stored if abs(one[0] - row) <= 1 and abs(one[1] - column) <= 1]
            found = cells.stored_near(tile, around, internal=True)
            assert found == cells.of_tile(places, tile) != []
            assert cells.stored_near(tile, around, internal=False) == cells.of_tile(places[public], tile)
    assert cells.zoom_of(places[:50]) is None


def test_features_in_one_place_are_shown_by_cells_no_further_than_the_last_zoom_of_cells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cells, "MOST", 5)
    assert cells.zoom_of(np.tile([12_720_000.0, 3_560_000.0], (6, 1))) == cells.LAST_ZOOM


def rings(commands: list[int]) -> list[np.ndarray]:
    """The rings of a polygon's commands, written from the specification (4.3)."""
    found, x, y, place = [], 0, 0, 0
    while place < len(commands):
        command, count = commands[place] & 7, commands[place] >> 3
        place += 1
        if command == 1:
            found.append([])
        if command in (1, 2):
            for _ in range(count):
                dx, dy = ((v >> 1) ^ -(v & 1) for v in commands[place : place + 2])
                x, y, place = x + dx, y + dy, place + 2
                found[-1].append((x, y))
    return [np.array(ring) for ring in found]


def signed_area(ring: np.ndarray) -> float:
    """By the surveyor's formula, y going down."""
    x, y = ring.T
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) / 2)
