"""The points of campuses and sites lie where independent public lists put them.

`data/positions.csv` has for each feature a public coordinate (WGS-84 degrees) that was not used to place it.
Features borne by a host on its campus share the coordinate of the seat. Where several independent
points were found for a seat, the list holds their mean and names all of them.

`error_m` is the list's own error: for a mean, the largest distance of its points from it; for a marker,
a gate or a rounded coordinate, 50 m; for a centre of a campus, 100 m; and what the source's wording
demands: half a campus (300 m), an airport of unstated datum (1000 m).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from statistics import median

import pytest

import layers
from etl import run
from etl.measure_positions import Public, better_than_district, measures, places, published
from etl.run import Gathered
from gis.errors import BadData
from gis.feature import Feature, Precision

TABLE = Path(__file__).parent / "data" / "positions.csv"
MEDIAN_M = 300
BETTER_THAN_DISTRICT = 0.79


PUBLISHED = published(TABLE)


@pytest.fixture(scope="module")
def gathered() -> Gathered:
    return run.gather(layers.catalog())


@pytest.fixture(scope="module")
def placed(gathered: Gathered) -> Mapping[str, Feature]:
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
    assert public.is_within(placed[public.key])


def test_half_of_the_points_are_nearer_than_300_m(placed: Mapping[str, Feature]) -> None:
    assert median(one.distance_m(placed[one.key]) for one in PUBLISHED) < MEDIAN_M


def test_half_of_the_seats_are_nearer_than_300_m(placed: Mapping[str, Feature]) -> None:
    """A seat that bears many features counts once, so that it cannot carry the median."""
    seats = {one.seat: one.distance_m(placed[one.key]) for one in PUBLISHED}
    assert len(seats) >= 12
    assert median(seats.values()) < MEDIAN_M


def test_most_places_are_known_better_than_by_their_district(gathered: Gathered) -> None:
    assert better_than_district(places(gathered)) >= BETTER_THAN_DISTRICT


def test_the_measures_tell_shares_weak_places_and_errors(gathered: Gathered) -> None:
    features = places(gathered)
    told = "\n".join(measures(features, PUBLISHED))
    assert f"{len(features)} places: site " in told and "鄂州市：" not in told and "鄂州市: " in told
    weak = [one for one in features if one.properties["precision"] in (Precision.DISTRICT, Precision.CITY)]
    assert told.count("weak: ") == len(weak) > 0
    assert f"{len(PUBLISHED)} places beside independent coordinates: median error" in told
    assert "outside its radius" not in told


def test_a_place_outside_its_radius_is_told(gathered: Gathered) -> None:
    moved = [Public(one.key, one.lon + 0.1, one.lat, one.error_m, one.source) for one in PUBLISHED[:1]]
    assert f"outside its radius: {moved[0].key}" in "\n".join(measures(places(gathered), moved))


def test_a_list_that_cannot_be_read_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "public.csv"
    file.write_text("key,lon,lat,error_m,source\na,114,30,50,x\nb,east,30,50,x\n", encoding="utf-8")
    with pytest.raises(BadData, match="public.csv, line 3"):
        published(file)
