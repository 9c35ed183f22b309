"""Printing in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from webmap import bodies, links
from webmap.paper.sheet import LANGUAGES, LONGEST, LONGEST_STATE, ORIENTATIONS, PAPERS, SCALES

Json: TypeAlias = dict[str, Any]

_TAG = ["print"]
_TEXT: Json = {"type": "string", "maxLength": LONGEST}
_SHEET: Json = {
    "type": "object",
    "required": ["title"],
    "description": "与图幅文件同 As in a sheet file",
    "properties": {
        "title": _TEXT,
        "subtitle": _TEXT,
        "paper": {"type": "string", "enum": list(PAPERS)},
        "orientation": {"type": "string", "enum": list(ORIENTATIONS)},
        "crs": {"type": "string", "description": "EPSG:… 或 conic A projected CRS in metres"},
        "scale": {"type": "integer", "minimum": SCALES[0], "maximum": SCALES[1]},
        "extent": {
            "description": "西南东北(度),或某图层及其要素 Degrees, or a layer and feature",
            "oneOf": [
                {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
                {"type": "object"},
            ],
        },
        "layers": {"type": "array", "items": {"type": "string"}},
        "state": {
            "type": "string",
            "maxLength": LONGEST_STATE,
            "description": "地图的地址:印出其视图、图层与筛选 An address of the map, printed as it shows it",
        },
        "language": {"type": "string", "enum": list(LANGUAGES)},
        "note": _TEXT,
        "marginalia": {"type": "object"},
    },
}
_ORDER: Json = {
    "type": "object",
    "required": ["sheet"],
    "additionalProperties": False,
    "properties": {
        "sheet": {
            "description": "图幅名或图幅描述 The name of a sheet, or its description",
            "oneOf": [{"type": "string"}, _SHEET],
        },
        "format": {"type": "string"},
        "dpi": {"type": "integer"},
    },
}
_JOB: Json = {"name": "job", "in": "path", "required": True, "schema": {"type": "string"}}
_BYTES: Json = {"schema": {"type": "string", "format": "binary"}}


def paths(file_types: Sequence[str], formats: Sequence[str], failures: Mapping[str, Json]) -> Json:
    """The ways to order a print, ask for it, fetch it and forget it. `file_types` are media types of its file."""
    form: Json = {"name": "f", "in": "query", "required": False, "schema": {"type": "string"}}
    common: list[Json] = [form, {"$ref": "#/components/parameters/lang"}]
    order = {
        **_ORDER,
        "properties": {**_ORDER["properties"], "format": {"type": "string", "enum": list(formats)}},
    }
    files = {
        "description": "图幅文件 The sheet",
        "headers": {"Content-Disposition": {"schema": {"type": "string"}}},
        "content": dict.fromkeys(file_types, _BYTES),
    }
    ordered = {
        **_answer("已受理 Ordered", "Print"),
        "headers": {
            "Location": {"description": "印图任务 Where to ask for it", "schema": {"type": "string"}}
        },
    }
    return {
        "/print": {
            "post": {
                **_operation(
                    "orderPrint", "印图 Order a printed sheet", common, {"202": ordered, **failures}
                ),
                "requestBody": {"required": True, "content": {links.JSON: {"schema": order}}},
            }
        },
        "/print/sheets": {
            "get": _operation(
                "printSheets", "图幅 Sheets", common, {"200": _answer("图幅 Sheets", "Sheets"), **failures}
            )
        },
        "/print/{job}": {
            "get": _operation(
                "printStatus",
                "印图进度 A print",
                [_JOB, *common],
                {"200": _answer("进度 Status", "Print"), **failures},
            ),
            "delete": _operation(
                "forgetPrint",
                "取消印图 Stop it",
                [_JOB],
                {"204": {"description": "已取消 Forgotten"}, **failures},
            ),
        },
        "/print/{job}/file": {
            "get": _operation("printFile", "图幅文件 Its file", [_JOB, *common], {"200": files, **failures})
        },
    }


def _operation(name: str, title: str, parameters: Sequence[Json], responses: Json) -> Json:
    return {
        "operationId": name,
        "summary": title,
        "tags": _TAG,
        "parameters": list(parameters),
        "responses": responses,
    }


def _answer(title: str, schema: str) -> Json:
    return {"description": title, "content": {links.JSON: {"schema": bodies.named(schema)}}}
