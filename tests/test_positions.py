"""The points of campuses and sites lie where independent public lists put them.

`data/positions.csv` has for each feature a public coordinate (WGS-84 degrees) that was not used to place it.
Features borne by a host on its campus share the coordinate of the seat. Where several independent
points were found for a seat, the list holds their mean and names all of them.

`error_m` is the list's own error: for a mean, the largest distance of its points from it; for a marker,
a gate or a rounded coordinate, 50 m; for a centre of a campus, 100 m; and what the source's wording
demands: half a campus (300 m), an airport of unstated datum (1000 m).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from shapely import Point

import layers
from etl import run
from etl.measure import distances_m
from gis.feature import Feature, Precision

TABLE = Path(__file__).parent / "data" / "positions.csv"
MEDIAN_M = 300


@dataclass(frozen=True)
class Public:
    """Where an independent source puts a feature, and how well."""

    key: str
    lon: float
    lat: float
    error_m: float
    source: str

    @property
    def seat(self) -> tuple[float, float]:
        return self.lon, self.lat

    def distance_m(self, feature: Feature) -> float:
        """How far the feature's point is from here."""
        point = feature.geometry
        assert isinstance(point, Point)
        return float(distances_m(self.lon, self.lat, np.array([[point.x, point.y]]))[0])


def published() -> list[Public]:
    """The rows of the table."""
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return [
            Public(row["key"], float(row["lon"]), float(row["lat"]), float(row["error_m"]), row["source"])
            for row in csv.DictReader(lines)
        ]


PUBLISHED = published()


@pytest.fixture(scope="module")
def placed() -> Mapping[str, Feature]:
    gathered = run.gather(layers.catalog())
    features = [feature for many in gathered.features.values() for feature in many]
    return {str(feature.properties["key"]): feature for feature in features}


def test_the_list_is_long_enough_and_names_its_sources() -> None:
    assert len(PUBLISHED) >= 25
    assert len({one.key for one in PUBLISHED}) == len(PUBLISHED)
    assert all(one.source for one in PUBLISHED)


def test_the_list_is_of_campuses_and_sites(placed: Mapping[str, Feature]) -> None:
    precise = {Precision.SITE, Precision.CAMPUS}
    assert [one.key for one in PUBLISHED if placed[one.key].properties["precision"] not in precise] == []


@pytest.mark.parametrize("public", PUBLISHED, ids=lambda public: str(public.key))
def test_the_point_is_within_its_radius(public: Public, placed: Mapping[str, Feature]) -> None:
    feature = placed[public.key]
    radius_m = feature.properties["radius_m"]
    assert isinstance(radius_m, float)
    assert public.distance_m(feature) <= radius_m + public.error_m


def test_half_of_the_points_are_nearer_than_300_m(placed: Mapping[str, Feature]) -> None:
    assert median(one.distance_m(placed[one.key]) for one in PUBLISHED) < MEDIAN_M


def test_half_of_the_seats_are_nearer_than_300_m(placed: Mapping[str, Feature]) -> None:
    """A seat that bears many features counts once, so that it cannot carry the median."""
    seats = {one.seat: one.distance_m(placed[one.key]) for one in PUBLISHED}
    assert len(seats) >= 12
    assert median(seats.values()) < MEDIAN_M
