"""The forms in which features are sent: system of coordinates, which properties, with their place or without.

A feature comes as its GeoJSON text; a form changes the parts that it is about and leaves the rest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis import datum
from gis.expression import CRS84
from gis.feature import DECIMALS
from gis.geometry import from_wgs84

_HEAD = '"geometry":'
_SEAM = ',"properties":'

# The shifted datums, by the value of `coords`, with the name that an answer gives them. They have no EPSG
# code and are never named by `crs` or Content-Crs.
DATUMS: Mapping[str, str] = {"gcj02": "GCJ-02", "bd09": "BD-09"}
_SHIFTS: Mapping[str, Callable[..., datum.Pair]] = {
    "gcj02": datum.wgs84_to_gcj02,
    "bd09": datum.wgs84_to_bd09,
}


@dataclass(frozen=True)
class Form:
    """How features are sent. `coords` is a shifted datum or ""; `properties` None for all of them."""

    crs: str = CRS84
    coords: str = ""
    properties: tuple[str, ...] | None = None
    skip_geometry: bool = False

    @property
    def as_stored(self) -> bool:
        """Whether the texts of the store can be sent as they are."""
        return self == Form()


def shaped(features: Iterable[str], form: Form) -> Iterator[str]:
    """The features in a form."""
    if form.as_stored:
        yield from features
        return
    for feature in features:
        head, geometry, properties = split(feature)
        yield f"{head}{_HEAD}{_geometry(geometry, form)}{_SEAM}{_properties(properties, form)}}}"


def split(feature: str) -> tuple[str, str, str]:
    """The text before the geometry, the geometry's, the properties'."""
    head, _, rest = feature.partition(_HEAD)
    geometry, _, properties = rest.partition(_SEAM)
    return head, geometry, properties[:-1]


def moved(geometry: BaseGeometry, form: Form) -> BaseGeometry:
    """A geometry of WGS-84 in the system of a form."""
    if not form.coords:
        return from_wgs84(geometry, form.crs)
    shift = _SHIFTS[form.coords]

    def there(coordinates: np.ndarray) -> np.ndarray:
        return np.round(np.column_stack(shift(*coordinates.T)), DECIMALS)

    return shapely.transform(geometry, there)


def _geometry(text: str, form: Form) -> str:
    if form.skip_geometry or text == "null":
        return "null"
    if form.crs == CRS84 and not form.coords:
        return text
    found: str = shapely.to_geojson(moved(shapely.from_geojson(text), form))
    return found


def _properties(text: str, form: Form) -> str:
    if form.properties is None:
        return text
    values = json.loads(text)
    chosen = {name: values[name] for name in values if name in form.properties}
    return json.dumps(chosen, ensure_ascii=False, separators=(",", ":"))
