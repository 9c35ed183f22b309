"""The shifted datums agree with an independent implementation and come back to where they started."""

from __future__ import annotations

import numpy as np
import pytest

from gis import datum

# lon, lat in WGS-84 → lon, lat in GCJ-02 → lon, lat in BD-09, by prcoords 1.0.2.
FIXED = [
    (113.8, 29.3, 113.80558455039501, 29.297207844897226, 113.81216375558895, 29.302963060661295),
    (114.4, 30.5, 114.40553975740424, 30.497692517971963, 114.41212170430505, 30.50344718450369),
    (114.5, 30.48, 114.50528475192748, 30.47750315592668, 114.51175988724657, 30.483586436890334),
    (115.6, 31.0, 115.60513626038222, 30.99758495663816, 115.61172029749807, 31.003342754159622),
]
A_METRE = 1 / 111_000


@pytest.mark.parametrize("point", FIXED)
def test_the_formulas_are_the_published_ones(point: tuple[float, ...]) -> None:
    lon, lat, gcj_lon, gcj_lat, bd_lon, bd_lat = point
    assert datum.wgs84_to_gcj02(lon, lat) == pytest.approx((gcj_lon, gcj_lat), abs=1e-4 * A_METRE)
    assert datum.wgs84_to_bd09(lon, lat) == pytest.approx((bd_lon, bd_lat), abs=1e-4 * A_METRE)


def test_there_and_back_again_is_nowhere_else() -> None:
    random = np.random.default_rng(20)
    lon, lat = random.uniform(113.6, 116.2, 5000), random.uniform(29.0, 31.4, 5000)
    for there, back in (
        (datum.wgs84_to_gcj02, datum.gcj02_to_wgs84),
        (datum.wgs84_to_bd09, datum.bd09_to_wgs84),
        (datum.gcj02_to_bd09, datum.bd09_to_gcj02),
    ):
        x, y = back(*there(lon, lat))
        assert np.hypot(x - lon, y - lat).max() < 1e-5 * A_METRE


def test_outside_china_nothing_is_shifted() -> None:
    assert datum.wgs84_to_gcj02(2.35, 48.85) == (2.35, 48.85)


def test_the_shift_in_the_corridor_is_what_it_is_known_to_be() -> None:
    random = np.random.default_rng(21)
    lon, lat = random.uniform(113.7, 115.7, 2000), random.uniform(29.2, 31.1, 2000)
    x, y = datum.wgs84_to_gcj02(lon, lat)
    metres = np.hypot((x - lon) * np.cos(np.radians(lat)), y - lat) * 111_195
    assert 545 < metres.min() < metres.mean() < metres.max() < 640
