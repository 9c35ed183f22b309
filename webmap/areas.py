"""An area in numbers: what lies in a box, a polygon, a circle or a feature, counted, listed and measured."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import shapely
from flask import Blueprint, Response, request
from shapely.geometry.base import BaseGeometry
from werkzeug.datastructures import MultiDict

from gis import area, counts, repository
from gis.errors import BadParameter
from gis.feature import Query
from gis.layer import COMMON, Geometry, Layer, Theme
from gis.symbol import Marker
from webmap import context, geojson, links, params
from webmap.params import Arguments, Format

bp = Blueprint("areas", __name__)

MAXIMUM_BYTES = 2**20  # of a body
MAXIMUM_VERTICES = 10_000
MAXIMUM_KM2 = 1_000_000
MAXIMUM_RADIUS_M = 500_000
OF_SUMMARY = ("layers", "limit", "bbox", "bbox-crs", "datetime", "filter", "filter-lang", "filter-crs")
COUNTED = ("kind", "level", "status", "city", "district", "precision")
LISTED = ("key", "name", "name_en", "kind", "city", "district", "status", "level", "precision", "radius_m")

# What all layers have in common: the fields by which they can be asked together.
_ANY = Layer(id="any", title="any", geometry=Geometry.POINT, symbol=Marker("#000000"))
_EXPECTED = (
    'a GeoJSON Polygon or MultiPolygon, or a Feature that has one, or {"circle": [lon, lat, radius_m]}, '
    'or {"within": {"layer": "…", "id": 1}}'
)


@bp.get("/summary")
def of_query() -> Response:
    """What satisfies a query, in numbers."""
    return _answer(None)


@bp.post("/summary")
def of_area() -> Response:
    """What lies in the area of the body, in numbers."""
    request.max_content_length = MAXIMUM_BYTES
    return _answer(_region(_body()))


def _answer(region: BaseGeometry | None) -> Response:
    params.known(request.args, {*OF_SUMMARY, *(field.name for field in COMMON)})
    params.output(request.args, request.accept_mimetypes, (Format.JSON,))
    params.language(request.args)
    return geojson.document(_summary(_query(region), _layers(), params.limit(request.args)))


def _query(region: BaseGeometry | None) -> Query:
    """The query that is asked of every layer; the area of the body and the box hold both."""
    asked: Arguments = MultiDict((k, v) for k, v in request.args.items() if k not in ("layers", "limit"))
    query = params.query(_ANY, asked, internal=context.settings().internal)
    if region is None:
        return query
    if query.region is not None:
        region = shapely.intersection(region, query.region)
    return replace(query, region=region)


def _layers() -> list[Layer]:
    """The layers that are asked for; all that hold places as points when none is named."""
    named = request.args.get("layers")
    if named is None:
        return [layer for layer in context.catalog().values() if _holds_places(layer)]
    wanted = dict.fromkeys(filter(None, named.split(",")))
    unknown = [name for name in wanted if name not in context.catalog()]
    if unknown or not wanted:
        raise BadParameter("layers", named, f"ids among {', '.join(context.catalog())}, joined by commas")
    return [context.served_layer(name) for name in wanted]


def _holds_places(layer: Layer) -> bool:
    """Whether a layer's points are places; figures of a plan stand on a point of their city and are none."""
    return layer.geometry is Geometry.POINT and not layer.figures


# --- the area ----------------------------------------------------------------------------------------


def _body() -> Any:
    text = request.get_data()
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise BadParameter("body", _said(text), _EXPECTED) from None


def _said(text: bytes) -> str:
    shown = text[:80].decode("utf-8", "replace")
    return f"{shown}…" if len(text) > 80 else shown


def _region(body: Any) -> BaseGeometry:
    """The area that a body describes, in WGS-84. Raises `BadParameter`."""
    match body:
        case {"circle": [lon, lat, radius]}:
            return _circle(lon, lat, radius)
        case {"within": {"layer": str(layer_id), "id": int(feature_id)}}:
            return _within(layer_id, feature_id)
        case {"type": "Feature", "geometry": dict(geometry)}:
            return _polygon(geometry)
        case {"type": "Polygon" | "MultiPolygon"}:
            return _polygon(body)
    raise BadParameter("body", _said(json.dumps(body).encode()), _EXPECTED)


def _circle(lon: object, lat: object, radius: object) -> BaseGeometry:
    expected = f"longitude, latitude, and a radius up to {MAXIMUM_RADIUS_M} m, not across the antimeridian"
    said = f"[{lon}, {lat}, {radius}]"
    numbers = [n for n in (lon, lat, radius) if isinstance(n, int | float) and not isinstance(n, bool)]
    if len(numbers) < 3:
        raise BadParameter("circle", said, expected)
    x, y, metres = numbers
    if not (0 < metres <= MAXIMUM_RADIUS_M and abs(y) < 80 and abs(x) <= 180):
        raise BadParameter("circle", said, expected)
    found = area.circle(x, y, metres)
    west, _south, east, _north = found.bounds
    if east - west > 180:
        raise BadParameter("circle", said, expected)
    return found


def _within(layer_id: str, feature_id: int) -> BaseGeometry:
    layer = context.served_layer(layer_id)
    internal = context.settings().internal
    text = repository.get(context.connection(), layer, str(feature_id), internal=internal)
    geometry = json.loads(text)["geometry"]
    if not geometry or not geometry["type"].endswith("Polygon"):
        raise BadParameter("within", f"{layer_id}/{feature_id}", "a feature that is drawn as an area")
    found: BaseGeometry = shapely.from_geojson(json.dumps(geometry))
    return found


def _polygon(geometry: Mapping[str, Any]) -> BaseGeometry:
    text = json.dumps(geometry)
    try:
        found: BaseGeometry = shapely.from_geojson(text)
    except (shapely.GEOSException, ValueError):
        raise BadParameter("geometry", _said(text.encode()), _EXPECTED) from None
    vertices = shapely.get_num_coordinates(found)
    if found.is_empty or found.geom_type not in ("Polygon", "MultiPolygon"):
        raise BadParameter("geometry", _said(text.encode()), _EXPECTED)
    if vertices > MAXIMUM_VERTICES:
        raise BadParameter("geometry", f"{vertices} vertices", f"{MAXIMUM_VERTICES} vertices at most")
    west, south, east, north = found.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadParameter("geometry", f"{found.bounds}", "longitudes and latitudes in WGS-84")
    if not shapely.is_valid(found):
        raise BadParameter(
            "geometry", shapely.is_valid_reason(found), "an outline that does not cross itself"
        )
    size = area.square_km(found)
    if size > MAXIMUM_KM2:
        raise BadParameter("geometry", f"{size:.0f} km²", f"an area of {MAXIMUM_KM2} km² at most")
    return shapely.force_2d(found)


# --- the numbers -------------------------------------------------------------------------------------


def _summary(query: Query, layers: Sequence[Layer], limit: int) -> dict[str, Any]:
    found = _counts(query, layers)
    features = list(_features(query, layers, limit))
    _measure(features)
    for feature in features:
        del feature["geometry"]
    matched = sum(found["layer"].values())
    return {
        "matched": matched,
        "returned": len(features),
        "area_km2": _square_km(query),
        "counts": {name: dict(counted) for name, counted in found.items()},
        "features": features,
        "links": [links.link("self", f"{links.root()}{request.full_path}", links.JSON, "Summary")],
    }


def _square_km(query: Query) -> float | None:
    if query.region is not None:
        return round(area.square_km(query.region), 3)
    if query.bbox is not None:
        return round(sum(area.square_km(part.geometry()) for part in query.bbox.parts()), 3)
    return None


def _counts(query: Query, layers: Sequence[Layer]) -> dict[str, Counter[str]]:
    """How many there are of each layer and of each value; "" counts those without one.

    A kind means something in its layer alone: it is named as layer/kind.
    """
    found: dict[str, Counter[str]] = {name: Counter() for name in ("layer", *COUNTED)}
    for layer in layers:
        found["layer"][layer.id] = 0
        for values, count in counts.by_values(context.connection(), layer, COUNTED, query):
            found["layer"][layer.id] += count
            for name, value in zip(COUNTED, values, strict=True):
                said = "" if value is None else str(value)
                found[name][f"{layer.id}/{said}" if name == "kind" else said] += count
    return found


def _features(query: Query, layers: Sequence[Layer], limit: int) -> Iterator[dict[str, Any]]:
    """The features of the list, `limit` at most; their geometries are still with them."""
    left = limit
    for layer in layers:
        if left <= 0:
            return
        wanted = replace(query, limit=left)
        texts = repository.texts(context.connection(), layer, wanted)
        left -= len(texts)
        for text in texts:
            yield _feature(layer, json.loads(text))


def _feature(layer: Layer, feature: Mapping[str, Any]) -> dict[str, Any]:
    geometry = feature["geometry"] and shapely.from_geojson(json.dumps(feature["geometry"]))
    place = None if geometry is None else shapely.point_on_surface(geometry)
    properties = feature["properties"]
    return {
        "layer": layer.id,
        "id": feature["id"],
        **{name: properties[name] for name in LISTED},
        "lon": None if place is None else round(place.x, 8),
        "lat": None if place is None else round(place.y, 8),
        "distances": {},
        "geometry": geometry,
    }


def _measure(features: Sequence[dict[str, Any]]) -> None:
    """Say of each feature how far it is, in km, from the nearest feature of each layer of the structure."""
    placed = [feature for feature in features if feature["geometry"] is not None]
    if not placed:
        return
    ruler = area.Ruler([feature["geometry"] for feature in placed])
    for layer in context.catalog().values():
        targets = list(_targets(layer)) if layer.theme is Theme.STRUCTURE else []
        if targets:
            chosen, km = ruler.nearest_km([geometry for _key, geometry in targets])
            for feature, number, distance in zip(placed, chosen, km, strict=True):
                feature["distances"][f"{layer.id}/{targets[number][0]}"] = round(float(distance), 3)


def _targets(layer: Layer) -> Iterator[tuple[str, BaseGeometry]]:
    query = Query(limit=params.MAXIMUM_LIMIT, internal=context.settings().internal)
    for text in repository.texts(context.connection(), layer, query):
        feature = json.loads(text)
        if feature["geometry"]:
            yield feature["properties"]["key"], shapely.from_geojson(json.dumps(feature["geometry"]))
