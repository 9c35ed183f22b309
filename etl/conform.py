"""Rows → features: every field with its type and codes, and a place that says how well it is known."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from etl.areas import Areas
from etl.measure import area_km2, length_km
from etl.records import Rejected, Row
from gis.adcodes import city_of
from gis.feature import Feature, Precision, rounded
from gis.layer import Field, Geometry, Layer, Type

KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,18})")
_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_LIMIT = 2**63
_UNFIT = {"Cc": "control", "Cf": "invisible", "Cs": "surrogate"}

# Fields that are measured on the geometry when a row does not bring them.
MEASURED: dict[str, Callable[[BaseGeometry], float]] = {"area_km2": area_km2, "length_km": length_km}
_AREA_TITLES = {
    Precision.DISTRICT: "区县代表点（界内离界线最远处）",
    Precision.CITY: "城市代表点（界内离界线最远处）",
}


class Unfit(Exception):
    """A value that cannot be taken in; becomes a `Rejected` where the row is known."""

    def __init__(self, column: str, expected: str) -> None:
        self.column, self.expected = column, expected


def conform(layer: Layer, rows: Iterable[Row | Rejected], areas: Areas) -> Iterator[Feature | Rejected]:
    """Make each row a feature of the layer. One that cannot be is rejected with what was expected where."""
    for row in rows:
        if isinstance(row, Rejected):
            yield row
            continue
        try:
            yield _feature(layer, row, areas)
        except Unfit as unfit:
            yield Rejected(row, unfit.column, unfit.expected)


def unique(
    rows: Iterable[Row | Rejected], scope: str, seen: dict[tuple[str, str], str]
) -> Iterator[Row | Rejected]:
    """Let each key pass once, and each id once within its scope; `seen` remembers where both stood first."""
    for row in rows:
        if isinstance(row, Rejected):
            yield row
            continue
        number, key = (scope, str(row.values.get("id"))), ("", str(row.values.get("key")))
        if number in seen:
            yield Rejected(row, "id", f"a number of its own; {seen[number]} has this one")
        elif key in seen:
            yield Rejected(row, "key", f"a key of its own; {seen[key]} has this one")
        else:
            seen[number] = seen[key] = row.where
            yield row


def _feature(layer: Layer, row: Row, areas: Areas) -> Feature:
    number = _id(row.values.get("id"))
    properties = {field.name: fit(field, row.values.get(field.name)) for field in layer.all_fields}
    _check_key(str(properties["key"]))
    _check_city(properties)
    if row.sited:
        geometry, placed = _place(layer, row, properties, areas)
        properties |= placed
    else:
        geometry = _shape(layer, row.geometry)
    if geometry is not None:
        for name in MEASURED.keys() & properties.keys():
            if properties[name] is None:
                properties[name] = MEASURED[name](geometry)
    return Feature(number, geometry, properties)


def _id(value: object) -> int:
    number = _integer(value) if value not in (None, "") else None
    if number is None or not 0 < number < _LIMIT:
        raise Unfit("id", "a whole number above 0")
    return number


def _check_key(key: str) -> None:
    if not KEY.fullmatch(key):
        raise Unfit("key", "small letters, digits and hyphens, 80 at most, no hyphen first")


def _check_city(properties: dict[str, object]) -> None:
    city, district = properties["city"], properties["district"]
    if isinstance(district, int) and city != city_of(district):
        raise Unfit("city", f"{city_of(district)}, the city of district {district}")


# --- values -----------------------------------------------------------------------------------


def fit(field: Field, value: object) -> object:
    """A value as the type of its field, None when there is none."""
    if isinstance(value, str):
        value = value.strip()
    if value is None or value == "":
        if field.required:
            raise Unfit(field.name, "a value")
        return None
    converter, expected = _CONVERTERS[field.type]
    converted = converter(value)
    if converted is None:
        raise Unfit(field.name, expected)
    if field.values and converted not in [coded.code for coded in field.values]:
        raise Unfit(field.name, f"one of {', '.join(str(coded.code) for coded in field.values)}")
    if isinstance(converted, str):
        _check_text(field.name, converted)
    return converted


def _check_text(name: str, text: str) -> None:
    for place, character in enumerate(text):
        sort = _UNFIT.get(unicodedata.category(character))
        if sort:
            raise Unfit(name, f"no {sort} characters; character {place + 1} is U+{ord(character):04X}")
    if name == "aliases" and any(part != part.strip() or not part for part in text.split("|")):
        raise Unfit(name, "names joined by | without spaces or empty ones")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else str(value)


def _integer(value: object) -> int | None:
    if isinstance(value, str):
        value = int(value) if _INTEGER.fullmatch(value.strip()) else None
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if -_LIMIT <= value < _LIMIT else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _boolean(value: object) -> bool | None:
    return value if isinstance(value, bool) else _BOOLEANS.get(str(value).lower())


def _date(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def _datetime(value: object) -> datetime | None:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


_CONVERTERS: dict[Type, tuple[Callable[[object], object], str]] = {
    Type.TEXT: (_text, "a text"),
    Type.INTEGER: (_integer, "a whole number"),
    Type.NUMBER: (_number, "a finite number"),
    Type.BOOLEAN: (_boolean, "true or false"),
    Type.DATE: (_date, "a date such as 2021-12-31"),
    Type.DATETIME: (_datetime, "a time such as 2021-12-31T08:00:00"),
}


# --- places -----------------------------------------------------------------------------------


def _place(
    layer: Layer, row: Row, properties: dict[str, object], areas: Areas
) -> tuple[BaseGeometry | None, dict[str, object]]:
    """The point of a row, given as lon and lat or as that of an area, and what is known with it."""
    precision = Precision(str(properties["precision"]))
    if precision in _AREA_TITLES:
        return _representative(layer, row, properties, precision, areas)
    lon, lat = (_degrees(row, name, limit) for name, limit in (("lon", 180), ("lat", 90)))
    given = properties["radius_m"]
    radius = given if isinstance(given, float) else precision.typical_radius_m
    if radius is None:
        raise Unfit("precision", "site, campus, street, town, district or city")
    if radius <= 0:
        raise Unfit("radius_m", "a radius above 0")
    return _shape(layer, shapely.Point(lon, lat)), {"radius_m": radius}


def _degrees(row: Row, name: str, limit: int) -> float:
    value = row.values.get(name)
    degrees = _number(value.strip() if isinstance(value, str) else value)
    if degrees is None or abs(degrees) > limit:
        precision = row.values.get("precision")
        raise Unfit(name, f"degrees from -{limit} to {limit}, as precision={precision!r} needs")
    return degrees


def _representative(
    layer: Layer, row: Row, properties: dict[str, object], precision: Precision, areas: Areas
) -> tuple[BaseGeometry | None, dict[str, object]]:
    which = precision.value
    code = properties[which]
    if not isinstance(code, int):
        raise Unfit(which, f"an adcode, as precision={which!r} needs")
    if code not in areas:
        raise Unfit(which, "an adcode that has a boundary")
    for name in ("lon", "lat", "radius_m"):
        if row.values.get(name) not in (None, ""):
            raise Unfit(name, f"nothing with precision={which!r}: the point is that of the {which}")
    spot = areas.spot(code)
    evidence = [properties["position_source"], f"{_AREA_TITLES[precision]}；{areas.source}"]
    return _shape(layer, shapely.Point(spot.lon, spot.lat)), {
        "radius_m": spot.radius_m,
        "position_source": "；".join(str(part) for part in evidence if part),
    }


def _shape(layer: Layer, geometry: BaseGeometry | None) -> BaseGeometry | None:
    """A geometry on the grid of the store, with the parts that the layer's kind has."""
    if geometry is None or geometry.is_empty:
        return None
    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        raise Unfit("geometry", "finite coordinates")
    west, south, east, north = geometry.bounds
    if west < -180 or south < -90 or east > 180 or north > 90:
        raise Unfit("geometry", f"degrees; it reaches {west:g}, {south:g} to {east:g}, {north:g}")
    fitted = rounded(_promoted(layer.geometry, geometry))
    if not fitted.is_valid:
        raise Unfit("geometry", f"a valid one: {shapely.is_valid_reason(fitted)}")
    return fitted


def _promoted(wanted: Geometry, geometry: BaseGeometry) -> BaseGeometry:
    if geometry.geom_type == wanted:
        return geometry
    if wanted is Geometry.POINT and geometry.geom_type == "MultiPoint" and len(geometry.geoms) == 1:
        return geometry.geoms[0]
    single = not hasattr(geometry, "geoms")
    if not single or shapely.get_dimensions(geometry) != wanted.dimension or wanted is Geometry.POINT:
        raise Unfit("geometry", f"a {wanted}; it is a {geometry.geom_type}")
    return getattr(shapely, wanted)([geometry])
