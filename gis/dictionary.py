"""Layer → JSON Schema and data dictionary: what each field means, for programs and for people."""

from __future__ import annotations

from typing import Any

from gis.layer import Field, Geometry, Layer, Type, Value

_JSON_TYPES: dict[Type, dict[str, str]] = {
    Type.TEXT: {"type": "string"},
    Type.INTEGER: {"type": "integer"},
    Type.NUMBER: {"type": "number"},
    Type.BOOLEAN: {"type": "boolean"},
    Type.DATE: {"type": "string", "format": "date"},
    Type.DATETIME: {"type": "string", "format": "date-time"},
}
_GEOMETRY_FORMATS: dict[Geometry, str] = {
    Geometry.POINT: "geometry-point",
    Geometry.MULTIPOINT: "geometry-multipoint",
    Geometry.LINE: "geometry-multilinestring",
    Geometry.POLYGON: "geometry-multipolygon",
}


def field_schema(field: Field, lang: str = "zh") -> dict[str, Any]:
    """One field as a JSON Schema: type, title, and its codes with their titles."""
    title = field.title_en or field.title if lang == "en" else field.title
    schema: dict[str, Any] = {"title": title, **_JSON_TYPES[field.type]}
    if field.unit:
        schema["x-ogc-unit"] = field.unit
    if field.values:
        schema["enum"] = [value.code for value in field.values]
        schema["x-enum-titles"] = {str(value.code): _title(value, lang) for value in field.values}
    return schema


def _title(value: Value, lang: str) -> str:
    return value.title_en or value.title if lang == "en" else value.title


def feature_schema(layer: Layer, lang: str = "zh") -> dict[str, Any]:
    """The properties of a layer's features as a JSON Schema object (OGC API – Features Part 5)."""
    properties: dict[str, Any] = {"id": {"type": "integer", "x-ogc-role": "id", "title": "id"}}
    properties["geometry"] = _geometry_schema(layer, lang)
    for sequence, field in enumerate(layer.all_fields, start=1):
        properties[field.name] = {**field_schema(field, lang), "x-ogc-propertySeq": sequence}
    return {
        "type": "object",
        "title": layer.heading(lang),
        "description": layer.description,
        "properties": properties,
        "required": [field.name for field in layer.all_fields if field.required],
    }


def _geometry_schema(layer: Layer, lang: str) -> dict[str, Any]:
    title = "Geometry" if lang == "en" else "几何"
    return {"title": title, "x-ogc-role": "primary-geometry", "format": _GEOMETRY_FORMATS[layer.geometry]}


def queryables(layer: Layer, lang: str = "zh") -> dict[str, Any]:
    """What a layer can be filtered by, its place among it, as a JSON Schema object (Part 3, Queryables)."""
    fields = {field.name: field_schema(field, lang) for field in layer.all_fields}
    return {
        "type": "object",
        "title": layer.heading(lang),
        "properties": {"geometry": _geometry_schema(layer, lang), **fields},
        "additionalProperties": False,
    }


def geojson_schema(layer: Layer, lang: str = "zh") -> dict[str, Any]:
    """A layer's feature as the GeoJSON that is sent, as a JSON Schema object.

    GDAL reads the types of fields from this form alone (it follows `describedby`), and only from plain
    types: a field without a value is null all the same.
    """
    properties = {field.name: field_schema(field, lang) for field in layer.all_fields}
    return {
        "type": "object",
        "title": layer.heading(lang),
        "required": ["type", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "integer"},
            "geometry": {"type": "object", "title": layer.geometry.value},
            "properties": {"type": "object", "properties": properties},
        },
    }
