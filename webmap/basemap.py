"""Tiles of other services, passed on: the browser asks us, keys stay here.

What is passed on is a picture of a known type, of bounded size, that came within a bounded time, without
a redirect. It is kept for a day. A service that says it is asked too often is left alone for a while.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPException
from threading import Lock
from typing import IO, Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from flask import Blueprint, Flask, Response, abort, current_app, request, url_for

from gis.basemaps import Basemap
from gis.errors import NotFound, Overloaded, UpstreamError
from webmap import context, geojson, params
from webmap.kept import Answer, Kept

bp = Blueprint("basemaps", __name__)

SECONDS = 10.0  # for a tile, all in all
MAXIMUM_BYTES = 2**20
KEPT_BYTES = 32 * 2**20
KEPT_SECONDS = 86_400
PATIENCE_SECONDS = (10.0, 300.0)  # how long an overloaded service is left alone, at least and at most
_TYPES = ("image/png", "image/jpeg", "image/webp", "image/gif")  # no SVG: it can hold scripts
_CHUNK = 64 * 1024
_AGENT = "guanggu-corridor"


def register(app: Flask) -> None:
    """Let an application pass on the tiles of its settings' basemaps."""
    app.extensions["corridor-basemaps"] = {
        basemap.id: Upstream(basemap) for basemap in context.settings_of(app).basemaps
    }
    app.register_blueprint(bp)


@bp.get("/basemaps")
def basemaps() -> Response:
    """The basemaps that can be chosen."""
    params.only(request.args)
    return geojson.document({"basemaps": described()})


@bp.get("/basemaps/<basemap_id>/<int:z>/<int:x>/<int:y>")
def tile(basemap_id: str, z: int, x: int, y: int) -> Response:
    """A tile of another service, for our own pages."""
    params.only(request.args)
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        abort(403, "Tiles are passed on to the pages of this service alone.")
    upstreams = _upstreams()
    if basemap_id not in upstreams:
        raise NotFound("basemap", basemap_id, f"known are {', '.join(upstreams) or 'none'}")
    picture = upstreams[basemap_id].tile(z, x, y)
    answer = Response(picture.body, headers=list(picture.headers))
    answer.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    return answer


def described() -> list[dict[str, Any]]:
    """What the map needs to know of the basemaps; no key and no address of another service is in it."""
    return [_described(upstream.basemap) for upstream in _upstreams().values()]


def _described(basemap: Basemap) -> dict[str, Any]:
    return {
        "id": basemap.id,
        "title": [basemap.title, basemap.title_en],
        "url": f"{url_for('basemaps.basemaps')}/{basemap.id}/{{z}}/{{x}}/{{y}}",
        "attribution": basemap.attribution,
        "approval": basemap.map_approval,
        "datum": basemap.datum.value,
        "minzoom": basemap.min_zoom,
        "maxzoom": basemap.max_zoom,
        "overlay": basemap.overlay,
    }


def _upstreams() -> Mapping[str, Upstream]:
    found: Mapping[str, Upstream] = current_app.extensions["corridor-basemaps"]
    return found


# --- the other service ------------------------------------------------------------------------------


@dataclass
class Upstream:
    """A basemap's service: asked within its rate, left alone when it wants that, its tiles kept."""

    basemap: Basemap
    kept: Kept = field(default_factory=lambda: Kept(KEPT_BYTES))
    _lock: Lock = field(default_factory=Lock)
    _allowed: float = 0.0
    _asked: float = 0.0
    _rests_until: float = 0.0

    def __post_init__(self) -> None:
        self._allowed = float(self.basemap.per_second)

    def tile(self, z: int, x: int, y: int) -> Answer:
        """A tile. Raises `NotFound` outside the grid, `UpstreamError` when there is none to have."""
        if not self.basemap.min_zoom <= z <= self.basemap.max_zoom or not 0 <= max(x, y) < 2**z:
            raise NotFound("tile", f"{self.basemap.id}/{z}/{x}/{y}", "it lies outside the grid")
        key = (z, x, y, int(time.time() // KEPT_SECONDS))
        found = self.kept.get(key)
        if found is None:
            self._wait_for_turn()
            found = self._fetched(z, x, y)
            self.kept.put(key, found)
        return found

    def _wait_for_turn(self) -> None:
        """Take one of the requests that this second has left. Raises `Overloaded` when there is none."""
        with self._lock:
            now, rate = time.monotonic(), self.basemap.per_second
            if now < self._rests_until:
                raise Overloaded(f"{self.basemap.id}: its service asked to be left alone for a while.")
            self._allowed = min(float(rate), self._allowed + (now - self._asked) * rate)
            self._asked = now
            if self._allowed < 1:
                raise Overloaded(f"{self.basemap.id}: more than {rate} tiles a second were asked for.")
            self._allowed -= 1

    def _fetched(self, z: int, x: int, y: int) -> Answer:
        name, deadline = self.basemap.id, time.monotonic() + SECONDS
        asked = Request(self.basemap.address(z, x, y), headers={"User-Agent": _AGENT, "Accept": "image/*"})
        try:
            with _OPENER.open(asked, timeout=SECONDS) as answer:
                return _picture(name, answer.headers, _body(name, answer, deadline))
        except HTTPError as error:
            error.close()
            self._refused(error)
            raise UpstreamError(f"{name}: its service answered {error.code}.") from None
        except (OSError, HTTPException, ValueError):
            # The text of such an error may hold the address, and with it the key.
            raise UpstreamError(f"{name}: its service did not answer.") from None

    def _refused(self, error: HTTPError) -> None:
        if error.code == 404:
            raise NotFound("tile", self.basemap.id, "its service has none there")
        if error.code in (403, 429, 503):
            least, most = PATIENCE_SECONDS
            wanted = error.headers.get("Retry-After", "")
            patience = float(wanted) if wanted.isdecimal() and len(wanted) < 6 else least
            self._rests_until = time.monotonic() + min(most, max(least, patience))
            raise Overloaded(f"{self.basemap.id}: its service answered {error.code}.")


class _NoRedirect(HTTPRedirectHandler):
    """A redirect is an answer like any other that is not a picture: it could lead anywhere."""

    def redirect_request(self, *_args: object, **_kwargs: object) -> None:
        return None


_OPENER = build_opener(_NoRedirect)


def _body(name: str, answer: IO[bytes], deadline: float) -> bytes:
    parts, size = [], 0
    while part := answer.read1(_CHUNK):  # type: ignore[attr-defined]
        parts.append(part)
        size += len(part)
        if size > MAXIMUM_BYTES:
            raise UpstreamError(f"{name}: its service sent more than {MAXIMUM_BYTES} bytes for a tile.")
        if time.monotonic() > deadline:
            raise UpstreamError(f"{name}: its service took more than {SECONDS:g} s for a tile.")
    return b"".join(parts)


def _picture(name: str, headers: Message, body: bytes) -> Answer:
    content_type = headers.get_content_type()
    if content_type not in _TYPES or not body:
        raise UpstreamError(f"{name}: its service sent {content_type}, not a picture.")
    return Answer((("Content-Type", content_type),), body)
