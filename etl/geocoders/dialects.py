"""The protocols of 天地图, 高德 and Nominatim: what is asked, what errors mean, how well an answer is known.

Each dialect is pure: texts in, a place or an error out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from shapely import Point

from etl.geocoders.base import Placed, Sought
from etl.geocoders.door import Busy
from etl.measure import distances_m
from gis import datum
from gis.adcodes import CITIES, DISTRICTS
from gis.errors import GeocoderError, QuotaUsedUp
from gis.feature import Precision

_SITE, _CAMPUS = (Precision.SITE, 250.0), (Precision.CAMPUS, 1000.0)
_STREET, _TOWN = (Precision.STREET, 1500.0), (Precision.TOWN, 4000.0)


class Dialect(Protocol):
    """How one service is spoken to."""

    id: str
    path: str

    def question(self, sought: Sought) -> dict[str, str]:
        """The parameters that ask for a place, without the key."""
        ...

    def with_key(self, question: Mapping[str, str], key: str) -> dict[str, str]:
        """The parameters with the key that the service wants to be shown."""
        ...

    def check(self, answer: Any) -> None:
        """Raises `Busy` for an answer that may be better next time, `GeocoderError` for one that will not."""
        ...

    def placed(self, answer: Any) -> Placed | None:
        """The place that an answer gives; None when it gives none better than a district."""
        ...


def dialect(service: str) -> Dialect:
    """The dialect of a service of `gis.geocoding`."""
    return {one.id: one for one in (Tianditu(), Amap(), Nominatim())}[service]


class Tianditu:
    """天地图地理编码. Its coordinates are CGCS2000, equal to WGS-84 within decimetres."""

    id, path = "tianditu", "/geocoder"

    _FOUND, _NONE = "0", ("101", "1")
    _QUOTA = ("配额", "超限", "限额", "上限")
    _LEVELS: Mapping[str, tuple[Precision, float] | None] = {
        **dict.fromkeys(("门址", "门牌号", "建筑物", "楼栋"), _SITE),
        **dict.fromkeys(("兴趣点", "地名地址", "POI", "单位", "小区"), _CAMPUS),
        **dict.fromkeys(("道路", "道路交叉口", "街巷"), _STREET),
        **dict.fromkeys(("国家", "省", "市", "县", "区县", "行政区划"), None),
    }

    def question(self, sought: Sought) -> dict[str, str]:
        return {"ds": json.dumps({"keyWord": _addressed(sought)}, ensure_ascii=False)}

    def with_key(self, question: Mapping[str, str], key: str) -> dict[str, str]:
        return {**question, "tk": key}

    def check(self, answer: Any) -> None:
        told = _mapping(self.id, answer)
        code = str(told.get("code", ""))
        words = f"{told.get('msg', '')}{told.get('resolve', '')}"
        if code not in ("", "0") and any(word in words for word in self._QUOTA):
            raise QuotaUsedUp(self.id, f"its quota is used up (code {_short(code)}).")
        if code not in ("", "0"):
            raise GeocoderError(self.id, f"refused the question (code {_short(code)}).")
        if str(told.get("status")) not in (self._FOUND, *self._NONE):
            raise GeocoderError(self.id, f"answered status {_short(told.get('status'))}.")

    def placed(self, answer: Any) -> Placed | None:
        told = _mapping(self.id, answer)
        location = told.get("location")
        if str(told.get("status")) != self._FOUND or not location:
            return None
        found = _mapping(self.id, location)
        level = str(found.get("level", ""))
        known = self._LEVELS.get(level, _TOWN)
        point = _point(self.id, found.get("lon"), found.get("lat"))
        return known and _answer(
            self.id, str(found.get("keyWord") or ""), point, known, f"天地图地理编码（{level}）"
        )


class Amap:
    """高德地理编码. Its coordinates are GCJ-02 and are converted."""

    id, path = "amap", "/v3/geocode/geo"

    _QUOTA = ("10003", "10010", "10044", "10045", "40000", "40003")
    _BUSY = ("10004", "10014", "10015", "10016", "10017", "10019", "10020", "10021", "10029")
    _NONE = ("30000", "30001", "30002", "30003")
    _LEVELS: Mapping[str, tuple[Precision, float] | None] = {
        **dict.fromkeys(("门牌号", "门址", "单元号", "楼层", "房间"), _SITE),
        **dict.fromkeys(("兴趣点", "住宅区", "公交地铁站点"), _CAMPUS),
        **dict.fromkeys(("道路", "道路交叉路口"), _STREET),
        **dict.fromkeys(("国家", "省", "市", "区县"), None),
    }

    def question(self, sought: Sought) -> dict[str, str]:
        question = {"address": sought.text}
        return {**question, "city": str(sought.area)} if sought.area else question

    def with_key(self, question: Mapping[str, str], key: str) -> dict[str, str]:
        return {**question, "output": "JSON", "key": key}

    def check(self, answer: Any) -> None:
        told = _mapping(self.id, answer)
        code = str(told.get("infocode", ""))
        if str(told.get("status")) == "1" or code in self._NONE:
            return
        if code in self._QUOTA:
            raise QuotaUsedUp(self.id, f"its quota is used up (infocode {code}).")
        if code in self._BUSY:
            raise Busy(f"asks to be asked less often (infocode {code})")
        raise GeocoderError(self.id, f"refused the question (infocode {_short(code)}).")

    def placed(self, answer: Any) -> Placed | None:
        told = _mapping(self.id, answer)
        listed = told.get("geocodes") if str(told.get("status")) == "1" else None
        if not listed:
            return None
        if not isinstance(listed, list):
            raise _garbled(self.id)
        found = _mapping(self.id, listed[0])
        level = str(found.get("level", ""))
        known = self._LEVELS.get(level, _TOWN)
        lon, _, lat = str(found.get("location", "")).partition(",")
        shifted = _point(self.id, lon, lat)
        point = Point(*(float(value) for value in datum.gcj02_to_wgs84(shifted.x, shifted.y)))
        name = str(found.get("formatted_address") or "")
        return known and _answer(self.id, name, point, known, f"高德地理编码（{level}），GCJ-02 换算")


class Nominatim:
    """Nominatim over OpenStreetMap, WGS-84. How well an answer is known follows from its rank and its box."""

    id, path = "nominatim", "/search"

    _LOWEST_TOWN, _LOWEST_STREET, _LOWEST_OBJECT = 15, 26, 28  # place_rank of Nominatim
    _SITE_M, _CAMPUS_M, _STREET_M, _TOWN_M = 300.0, 2000.0, 2000.0, 12000.0

    def question(self, sought: Sought) -> dict[str, str]:
        return {"q": _addressed(sought)}

    def with_key(self, question: Mapping[str, str], key: str) -> dict[str, str]:
        fixed = {"format": "jsonv2", "limit": "1", "countrycodes": "cn", "accept-language": "zh"}
        return {**question, **fixed, **({"key": key} if key else {})}

    def check(self, answer: Any) -> None:
        if not isinstance(answer, list):
            raise GeocoderError(self.id, "refused the question.")

    def placed(self, answer: Any) -> Placed | None:
        if not answer:
            return None
        found = _mapping(self.id, answer[0])
        point = _point(self.id, found.get("lon"), found.get("lat"))
        rank = found.get("place_rank")
        if not isinstance(rank, int):
            raise _garbled(self.id)
        known = self._known(rank, _reach_m(self.id, point, found.get("boundingbox")))
        return known and _answer(
            self.id, str(found.get("display_name") or ""), point, known, "OpenStreetMap(Nominatim)"
        )

    def _known(self, rank: int, reach_m: float) -> tuple[Precision, float] | None:
        """How well a place of a rank is known whose box reaches so far from its point."""
        if rank < self._LOWEST_TOWN or reach_m > self._TOWN_M:
            return None
        if rank >= self._LOWEST_OBJECT and reach_m <= self._SITE_M:
            return Precision.SITE, max(reach_m, 100.0)
        if rank >= self._LOWEST_OBJECT and reach_m <= self._CAMPUS_M:
            return Precision.CAMPUS, reach_m
        if rank >= self._LOWEST_STREET and reach_m <= self._STREET_M:
            return Precision.STREET, max(reach_m, 100.0)
        return Precision.TOWN, max(reach_m, 1000.0)


def _addressed(sought: Sought) -> str:
    """What is sought with its city and district before it, as far as the text does not name them itself."""
    names = [{**CITIES, **DISTRICTS}[code][0] for code in (sought.city, sought.district) if code]
    return "".join([*(name for name in names if name[:2] not in sought.text), sought.text])


def _answer(by: str, name: str, point: Point, known: tuple[Precision, float], source: str) -> Placed:
    return Placed(by, name, point, *known, source)


def _mapping(service: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _garbled(service)
    return value


def _point(service: str, lon: object, lat: object) -> Point:
    """A point of degrees, in whichever of text and number the service has them."""
    try:
        x, y = float(str(lon)), float(str(lat))
    except ValueError:
        raise _garbled(service) from None
    if not (math.isfinite(x) and math.isfinite(y) and abs(x) <= 180 and abs(y) <= 90):
        raise _garbled(service)
    return Point(x, y)


def _reach_m(service: str, point: Point, box: object) -> float:
    """How far a box (south, north, west, east) reaches from a point."""
    if not isinstance(box, list) or len(box) != 4:
        raise _garbled(service)
    south, north, west, east = box
    corners = [_point(service, lon, lat) for lon in (west, east) for lat in (south, north)]
    return float(distances_m(point.x, point.y, np.array([(one.x, one.y) for one in corners])).max())


def _garbled(service: str) -> GeocoderError:
    return GeocoderError(service, "sent what its protocol does not have.")


def _short(value: object) -> str:
    """A code as far as it can be one: what a service says in words is not passed on."""
    text = str(value)
    return text if text.isalnum() and text.isascii() and len(text) <= 12 else "unknown"
