"""Answers in JSON-FG (OGC 21-045r1): GeoJSON that names its type, its time, and places in other systems."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from flask import Response

from gis.errors import BadParameter
from gis.expression import CRS84
from gis.feature import Page
from gis.layer import Layer
from webmap import links, params
from webmap.geojson import dumps
from webmap.links import Link
from webmap.params import Format
from webmap.shapes import Form, shaped, split

_CLASSES = (
    "http://www.opengis.net/spec/json-fg-1/1.0/conf/core",
    "http://www.opengis.net/spec/json-fg-1/1.0/conf/types-schemas",
)


def response(layer: Layer, page: Page, found: Sequence[Link], form: Form) -> Response:
    """A page of features. Raises `BadParameter` for a datum that has no reference system."""
    head = {
        "type": "FeatureCollection",
        **_head(layer, form),
        "numberMatched": page.matched,
        "numberReturned": len(page.features),
        "links": found,
    }
    text = f'{dumps(head)[:-1]},"features":[{",".join(_features(tuple(page.features), form))}]}}'
    answer = Response(text, content_type=params.media_type(Format.JSONFG))
    answer.headers["Content-Crs"] = f"<{form.crs}>"
    return answer


def _head(layer: Layer, form: Form) -> dict[str, Any]:
    if form.coords:
        raise BadParameter("coords", form.coords, "another format: JSON-FG needs a reference system")
    return {
        "conformsTo": _CLASSES,
        "featureType": layer.id,
        "featureSchema": links.url(f"{links.path_of(layer)}/schema"),
        "geometryDimension": layer.geometry.dimension,
        **({} if form.crs == CRS84 else {"coordRefSys": form.crs}),
    }


def _features(features: Iterable[str], form: Form) -> Iterator[str]:
    """`place` holds what is not in WGS-84, `geometry` what is (7.4 and 7.5 of the standard)."""
    everything = replace(form, properties=None)
    for whole, wanted in zip(shaped(features, everything), shaped(features, form), strict=True):
        head, geometry, properties = split(wanted)
        elsewhere = form.crs != CRS84
        place, geometry = (geometry, "null") if elsewhere else ("null", geometry)
        yield (
            f'{head}"time":{_time(whole)},"place":{place},"geometry":{geometry},"properties":{properties}}}'
        )


def _time(feature: str) -> str:
    day = json.loads(split(feature)[2])["as_of"]
    return "null" if day is None else dumps({"date": day})
