"""The structure: recipes are exact, smooth, repeatable, and follow their nodes."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely
from etl_world import CATALOG, MILL, STRUCTURE, areas, world

from etl import run, structure
from etl.measure import area_km2, to_metres
from etl.nodes import Nodes
from etl.structure import Buffer, Hull, Node, Recipe, Ribbon, Ring, Undrawn, draw
from gis.errors import BadData
from gis.feature import Feature

PLACES = [
    (114.36, 30.54),
    (114.41, 30.515),
    (114.55, 30.49),
    (114.65, 30.52),
    (114.73, 30.53),
    (114.89, 30.4),
]
NODES = tuple(Node(f"place:n{i}", f"节点{i}", *place) for i, place in enumerate(PLACES))
RECIPES = {
    "ring": (Ring(100), NODES[:1]),
    "ribbon": (Ribbon(5000, 1600), NODES),
    "buffer": (Buffer(2600), NODES),
    "hull": (Hull(2500), NODES),
    "capsule": (Hull(2500), NODES[:2]),
    "circle": (Hull(2500), NODES[:1]),
}
ALL = pytest.mark.parametrize(("recipe", "nodes"), RECIPES.values(), ids=RECIPES)


def plane(recipe: Recipe, nodes: tuple[Node, ...]) -> shapely.Geometry:
    shape = draw(recipe, nodes)
    assert shape is not None
    return to_metres(shape)


@ALL
def test_a_shape_is_one_valid_polygon_and_the_same_each_time(recipe: Recipe, nodes: tuple[Node, ...]) -> None:
    shape = draw(recipe, nodes)
    assert shape is not None and shape.geom_type == "Polygon" and shape.is_valid and not shape.interiors
    assert shapely.equals_identical(shape, draw(recipe, nodes))


@ALL
def test_a_shape_covers_its_nodes(recipe: Recipe, nodes: tuple[Node, ...]) -> None:
    shape = draw(recipe, nodes)
    assert shape is not None and all(shape.covers(shapely.Point(node.lon, node.lat)) for node in nodes)


@ALL
def test_a_shape_has_no_sharp_corner(recipe: Recipe, nodes: tuple[Node, ...]) -> None:
    ring = shapely.get_coordinates(plane(recipe, nodes))[:-1]
    sides = np.roll(ring, -1, axis=0) - ring
    ways = np.arctan2(sides[:, 1], sides[:, 0])
    turns = np.abs((np.diff(ways, append=ways[:1]) + math.pi) % (2 * math.pi) - math.pi)
    assert np.degrees(turns).max() < 20


@pytest.mark.parametrize("area", [100, 160, 260])
def test_a_ring_has_the_stated_area_around_its_node(area: float) -> None:
    shape = draw(Ring(area), NODES[:1])
    assert shape is not None
    assert area_km2(shape) == pytest.approx(area, rel=0.002)
    assert plane(Ring(area), NODES[:1]).centroid.distance(to_metres(shapely.Point(PLACES[0]))) < 5


def test_a_ribbon_tapers_from_its_start_to_its_end() -> None:
    ribbon = plane(Ribbon(5000, 1600), NODES)
    middle = shapely.LineString(
        structure.smoothed(shapely.get_coordinates(to_metres(shapely.LineString(PLACES))))
    )
    reach = [
        middle.interpolate(part, normalized=True).distance(ribbon.exterior)
        for part in np.linspace(0.1, 0.9, 9)
    ]
    assert all(wide > narrow for wide, narrow in pairwise(reach))
    assert reach[0] == pytest.approx(2330, abs=60) and reach[-1] == pytest.approx(970, abs=60)


def test_a_buffer_has_the_same_width_everywhere() -> None:
    belt = plane(Buffer(2600), NODES)
    ends = [to_metres(shapely.Point(place)) for place in PLACES]
    assert all(end.distance(belt.exterior) == pytest.approx(1300, abs=40) for end in ends)


def test_a_curve_goes_through_every_point_and_does_not_swing_out() -> None:
    points = shapely.get_coordinates(to_metres(shapely.LineString(PLACES)))
    curve = shapely.LineString(structure.smoothed(points))
    assert all(curve.distance(shapely.Point(point)) < 1e-6 for point in points)
    assert curve.hausdorff_distance(shapely.LineString(points)) < 1200


def test_nodes_in_one_spot_make_no_broken_shape() -> None:
    twice = (NODES[0], NODES[0], NODES[1], NODES[1])
    for recipe in (Ribbon(3000, 1000), Buffer(2000), Hull(1000)):
        assert plane(recipe, twice).is_valid and plane(recipe, (NODES[0], NODES[0])).area > 0


def test_what_no_source_gives_is_not_drawn() -> None:
    assert draw(Undrawn(), ()) is None
    assert structure.text(Undrawn(), ()) == "无来源，未绘制"


@ALL
def test_a_recipe_in_words_names_its_nodes_and_the_plane(recipe: Recipe, nodes: tuple[Node, ...]) -> None:
    words = structure.text(recipe, nodes)
    assert "EPSG:4547" in words and all(node.name in words for node in nodes)


def ring_of(folder: Path) -> Feature:
    gathered = run.gather(CATALOG, folder=folder)
    assert not any(gathered.rejected.values())
    (ring,) = gathered.features["rings"]
    return ring


def test_a_built_shape_is_schematic_and_names_documents_and_nodes(tmp_path: Path) -> None:
    ring = ring_of(world(tmp_path))
    assert ring.properties["precision"] == "schematic" and ring.properties["radius_m"] is None
    assert ring.properties["source"] == "plan-1#二|recipe-nodes#place:east-mill"
    assert str(ring.properties["as_of"]) == "2021-12-31" and "东磨坊" in str(ring.properties["recipe"])
    assert ring.properties["area_km2"] == 30


def test_moving_a_node_moves_the_shape(tmp_path: Path) -> None:
    before = ring_of(world(tmp_path / "a")).geometry
    after = ring_of(world(tmp_path / "b", {**MILL, "lon": "114.85"})).geometry
    assert before is not None and after is not None
    assert after.centroid.x - before.centroid.x == pytest.approx(0.1, abs=1e-4)


def finder() -> Nodes:
    properties = {"key": "east-mill", "name": "东磨坊", "visibility": "public"}
    secret = {"key": "secret", "name": "密", "visibility": "internal"}
    nowhere = {"key": "nowhere", "name": "无", "visibility": "public"}
    point = shapely.Point(114.75, 30.25)
    places = [Feature(1, point, properties), Feature(2, point, secret), Feature(3, None, nowhere)]
    return Nodes(places, {"东镇@420115": (114.8, 30.3)}, areas())


@pytest.mark.parametrize(
    ("reference", "name"),
    [("place:east-mill", "东磨坊"), ("town:东镇@420115", "东镇"), ("district:420115", "江夏区")],
)
def test_nodes_are_places_towns_and_districts(reference: str, name: str) -> None:
    node = finder().find(reference)
    assert node is not None and node.name == name and 114.5 < node.lon < 115 and 30 < node.lat < 30.5


@pytest.mark.parametrize(
    "reference",
    [
        "place:none",
        "place:secret",
        "place:nowhere",
        "town:东镇@420111",
        "town:东镇",
        "district:420106",
        "district:x",
        "",
    ],
)
def test_what_is_nowhere_or_internal_is_no_node(reference: str) -> None:
    assert finder().find(reference) is None


def test_a_missing_node_is_told_with_its_shape(tmp_path: Path) -> None:
    folder = world(tmp_path, structure=STRUCTURE.replace("place:east-mill", "place:lost-mill"))
    (rejected,) = run.gather(CATALOG, folder=folder).rejected["rings"]
    assert rejected.reason == (
        "structure.toml, shape 1 (ring-1): node='place:lost-mill': expected a place, town or district that is known"
    )


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('method = "ring"', 'method = "star"', "expected one of ring, ribbon, buffer, hull, none"),
        ("area_km2 = 30, ", "", "expected area_km2"),
        ("area_km2 = 30, ", "area_km2 = 30, margin_m = 1, ", "recipe has area_km2, margin_m"),
        ("area_km2 = 30, ", "area_km2 = -30, ", "expected a number above 0"),
        ("area_km2 = 30, ", "area_km2 = true, ", "expected a number above 0"),
        ('["place:east-mill"]', "[]", "0 nodes: expected 1"),
        ('layer = "rings"', 'layer = "stars"', "expected one of"),
        ('layer = "rings"\n', "", "no 'layer'"),
        ('name = "圈一"', 'nmae = "圈一"', "'nmae'"),
        ("[[shape]]", "[[shape", "not TOML"),
    ],
)
def test_a_broken_declaration_is_told_with_its_shape(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    folder = world(tmp_path, structure=STRUCTURE.replace(old, new))
    with pytest.raises(BadData, match=complaint) as caught:
        run.gather(CATALOG, folder=folder)
    assert "structure.toml" in str(caught.value)
