"""Rivers bend on the screen as they do on paper."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TypeAlias

from gis.layer import Catalog
from layers import shipped
from tests.browsing import Visit, features
from webmap import special

Line: TypeAlias = list[list[float]]


def _sharpest(line: Line) -> float:
    """The greatest turn of a line at a vertex, in degrees."""
    ways = [math.atan2(y2 - y1, x2 - x1) for (x1, y1), (x2, y2) in pairwise(line)]
    return max(abs(math.degrees(math.remainder(b - a, math.tau))) for a, b in pairwise(ways))


def test_what_is_curved_on_paper_is_curved_on_the_screen() -> None:
    curved = [layer.id for layer in Catalog(shipped()).values() if special.is_curved(layer)]
    assert curved == ["rivers"]


def test_a_curve_passes_through_every_vertex_and_turns_softly(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/")
    bend: Line = [[114, 30], [114.02, 30], [114.02, 30.02], [114.04, 30.02], [114.04, 30.04]]
    drawn: Line = page.evaluate(
        "async (line) => (await import('/static/app/curves.js'))"
        ".curved({ type: 'LineString', coordinates: line }).coordinates",
        bend,
    )
    assert _sharpest(bend) == 90
    assert _sharpest(drawn) < 25
    for vertex in bend:
        assert min(math.dist(vertex, point) for point in drawn) < 1e-9


def test_a_line_that_doubles_a_point_or_has_but_two_is_drawn_as_it_is(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/")
    lines = [[[114, 30], [114, 30], [115, 30]], [[114, 30], [115, 31]]]
    drawn = page.evaluate(
        "async (lines) => (await import('/static/app/curves.js'))"
        ".curved({ type: 'MultiLineString', coordinates: lines }).coordinates",
        lines,
    )
    assert drawn == [[[114, 30], [115, 30]], [[114, 30], [115, 31]]]


def test_the_rivers_of_the_map_have_more_points_near_than_are_stored(visit: Visit, live: str) -> None:
    river = next(one for one in features(live, "rivers") if one["properties"]["key"] == "yangtze")
    stored = [place for line in river["geometry"]["coordinates"] for place in line]
    inside = [(x, y) for x, y in stored if 114.2 < x < 114.6 and 30.2 < y < 30.8]
    page = visit.open(f"{live}/#12/30.5/114.4")
    path = page.locator(".leaflet-layer-rivers-pane path").evaluate_all(
        "paths => paths.map(path => path.getAttribute('d')).join(' ')"
    )
    assert path.count("L") > 2 * len(inside) > 0
