"""Answers in JSON and GeoJSON. Features come as texts and are passed on as they are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from flask import Response

from gis.feature import Page
from webmap.links import GEOJSON, JSON, Link


def dumps(value: object) -> str:
    """Compact JSON, raw UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def document(body: Mapping[str, object], media_type: str = JSON) -> Response:
    """A JSON answer."""
    return Response(dumps(body), content_type=media_type)


def collection(page: Page, links: Sequence[Link]) -> str:
    """A page as a GeoJSON FeatureCollection with the members of Part 1, 7.16."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        f'{{"type":"FeatureCollection","timeStamp":"{now}","numberMatched":{page.matched},'
        f'"numberReturned":{len(page.features)},"links":{dumps(links)},"features":[{",".join(page.features)}]}}'
    )


def item(feature: str, links: Sequence[Link]) -> str:
    """One feature with its links."""
    return f'{feature[:-1]},"links":{dumps(links)}}}'


def response(text: str) -> Response:
    """A GeoJSON answer."""
    return Response(text, content_type=GEOJSON)
