"""Answers in JSON and GeoJSON. Features come as texts and are passed on as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice

from flask import Response

from gis.feature import Page
from webmap import context
from webmap.links import GEOJSON, JSON, Link
from webmap.moment import Momentary
from webmap.shapes import DATUMS, Form, shaped


def dumps(value: object) -> str:
    """Compact JSON, raw UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def document(body: Mapping[str, object], media_type: str = JSON) -> Response:
    """A JSON answer."""
    return Response(dumps(body), content_type=media_type)


def collection(page: Page, links: Sequence[Link], form: Form) -> Iterator[str]:
    """A page as a GeoJSON FeatureCollection with the members of Part 1, 7.16, part by part.

    It is open: the moment, its last member, is added when it is sent.
    """
    begun = (
        f'{{"type":"FeatureCollection","numberMatched":{page.matched},'
        f'"numberReturned":{len(page.features)},{_system(form)}"links":{dumps(links)},"features":['
    )
    features = shaped(page.features, form)
    while batch := ",".join(islice(features, context.AT_ONCE)):
        yield begun + batch
        begun = ","
    yield f"{'' if begun == ',' else begun}]"


def _system(form: Form) -> str:
    """The member that names a shifted datum: no header may."""
    return f'"coordinate_system":{dumps(DATUMS[form.coords])},' if form.coords else ""


def item(feature: str, links: Sequence[Link], form: Form) -> str:
    """One feature with its links."""
    (text,) = shaped([feature], form)
    return f'{text[:-1]},{_system(form)}"links":{dumps(links)}}}'


def page_response(page: Page, links: Sequence[Link], form: Form) -> Response:
    """A page as an answer. A large one is sent while it is read; what can fail has mostly failed before."""
    parts = collection(page, links, form)
    if len(page.features) <= context.AT_ONCE:
        return _headed(Momentary("".join(parts)), form)
    answer = Momentary(chain([next(parts)], parts))
    answer.call_on_close(context.hand_over().close)
    return _headed(answer, form)


def response(body: str, form: Form) -> Response:
    """A GeoJSON answer."""
    return _headed(Response(body), form)


def _headed(answer: Response, form: Form) -> Response:
    """An answer whose header names the system of its coordinates (Part 2, /req/crs/ogc-crs-header)."""
    answer.content_type = GEOJSON
    if not form.coords:
        answer.headers["Content-Crs"] = f"<{form.crs}>"
    return answer
