"""What a geocoder is asked and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import shapely
from shapely import Point
from shapely.geometry.base import BaseGeometry

from etl.measure import to_metres
from gis.feature import Precision

LONGEST = 200  # characters of a name or an address; what is longer is neither
RANK = {precision: rank for rank, precision in enumerate(Precision)}


@dataclass(frozen=True)
class Sought:
    """What is to be placed: a name or an address, and what is known beside it.

    `city` and `district` are adcodes, `host` the organisation that bears the thing ("" when unknown).
    """

    text: str
    city: int | None = None
    district: int | None = None
    host: str = ""

    @property
    def area(self) -> int | None:
        """The smallest area that is known: the adcode of the district, else of the city."""
        return self.district or self.city


@dataclass(frozen=True)
class Placed:
    """A place in answer: a point (WGS-84 degrees), how well it is known, and how it is known.

    `by` names the geocoder, `name` what it recognised. The thing lies within `radius_m` metres of the point;
    where the answer is a whole area, `extent` is that area.
    """

    by: str
    name: str
    geometry: Point
    precision: Precision
    radius_m: float
    source: str
    extent: BaseGeometry | None = field(default=None, repr=False)

    def __str__(self) -> str:
        at = f"{self.geometry.x:.5f}, {self.geometry.y:.5f}"
        return f"{at} {self.precision} ±{self.radius_m:.0f} m ({self.source})"


class Geocoder(Protocol):
    """Places what it knows. It raises `GeocoderError` when it cannot be asked."""

    @property
    def id(self) -> str: ...

    def find(self, sought: Sought) -> Placed | None:
        """The place of what is sought, None when this geocoder does not know it."""
        ...


def beyond_m(first: Placed, second: Placed) -> float:
    """How many metres more lie between two answers than their radii allow; 0 when both can be right."""
    one, other = (to_metres(answer.extent or answer.geometry) for answer in (first, second))
    allowed = sum(answer.radius_m for answer in (first, second) if answer.extent is None)
    return max(0.0, float(shapely.distance(one, other)) - allowed)
