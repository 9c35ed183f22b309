"""What OpenAPI 3.0 says of bodies and of parameters: what stands under `components`, and what the paths are
made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from gis import dictionary
from gis.layer import Field

Json: TypeAlias = dict[str, Any]

_TEXT: Json = {"type": "string"}
_WHOLE: Json = {"type": "integer", "minimum": 0}
_TIME: Json = {"type": "string", "format": "date-time"}
_ANY: Json = {"type": "object"}


def named(name: str) -> Json:
    """A reference to one of these schemas."""
    return {"$ref": f"#/components/schemas/{name}"}


def value(field: Field) -> Json:
    """What a value of a field may be, where it stands alone."""
    return {k: v for k, v in dictionary.field_schema(field).items() if k in ("type", "format", "enum")}


def query(name: str, description: str, schema: Json, *, explode: bool = False) -> Json:
    """A parameter of the query; its form is spelled out, for clients that look for it."""
    return {
        "name": name,
        "in": "query",
        "description": description,
        "required": False,
        "schema": schema,
        "style": "form",
        "explode": explode,
    }


def _object(required: Sequence[str], **properties: Json) -> Json:
    wanted = {"required": list(required)} if required else {}
    return {"type": "object", **wanted, "properties": properties}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


def _or_nothing(schema: Json) -> Json:
    return {**schema, "nullable": True}


_LINKS = _list(named("Link"))
_PROPERTIES: Json = {"type": "object", "additionalProperties": True}
_GEOMETRY = _or_nothing(_object(["type"], type=_TEXT, coordinates=_list({})))
_EXTENT = _object(
    [],
    spatial=_object(["bbox"], bbox=_list(_list({"type": "number"})), crs=_TEXT),
    temporal=_object(["interval"], interval=_list(_list(_or_nothing(_TEXT))), trs=_TEXT),
)
_VERSION = _object(
    ["version", "published", "links"],
    version=_TEXT,
    published=_TIME,
    asOf=_or_nothing({"type": "string", "format": "date"}),
    links=_LINKS,
)
_COUNTS: Mapping[str, Json] = {
    "added": _WHOLE,
    "removed": _WHOLE,
    "changed": _WHOLE,
    "exact": {"type": "boolean"},
}
_COMPARED: Mapping[str, Json] = {
    "version": _TEXT,
    "asOf": _or_nothing(_TEXT),
    "since": _or_nothing(_TEXT),
    "versions": _list(_VERSION),
    "links": _LINKS,
}
_CHANGED_FIELD = _object(
    ["name", "title", "old", "new"], name=_TEXT, title=_TEXT, old={"nullable": True}, new={"nullable": True}
)
_CHANGE = _object(
    ["id", "name", "change", "fields", "links"],
    id={"type": "integer"},
    name=_TEXT,
    change={"type": "string", "enum": ["added", "removed", "changed"]},
    fields=_list(_CHANGED_FIELD),
    links=_LINKS,
)
_OF_COLLECTION: Mapping[str, Json] = {
    "type": {"type": "string", "enum": ["FeatureCollection"]},
    "numberMatched": _WHOLE,
    "numberReturned": _WHOLE,
    "links": _LINKS,
    "features": _list(named("Feature")),
}

SCHEMAS: Mapping[str, Json] = {
    "Problem": _object(
        ["type", "title", "status", "detail"],
        type=_TEXT,
        title=_TEXT,
        status={"type": "integer"},
        detail=_TEXT,
    ),
    "Link": _object(
        ["href", "rel", "type", "title"],
        href=_TEXT,
        rel=_TEXT,
        type=_TEXT,
        title=_TEXT,
        templated={"type": "boolean"},
    ),
    "LandingPage": _object(
        ["title", "description", "links"], title=_TEXT, description=_TEXT, attribution=_TEXT, links=_LINKS
    ),
    "Conformance": _object(["conformsTo"], conformsTo=_list(_TEXT), links=_LINKS),
    "Collections": _object(["links", "collections"], links=_LINKS, collections=_list(named("Collection"))),
    "Collection": _object(
        ["id", "title", "itemType", "extent", "crs", "storageCrs", "links"],
        id=_TEXT,
        title=_TEXT,
        description=_TEXT,
        attribution=_TEXT,
        itemType={"type": "string", "enum": ["feature"]},
        extent=_EXTENT,
        crs=_list(_TEXT),
        storageCrs=_TEXT,
        links=_LINKS,
    ),
    "Feature": _object(
        ["type", "id", "geometry", "properties"],
        type={"type": "string", "enum": ["Feature"]},
        id={"type": "integer"},
        geometry=_GEOMETRY,
        properties=_PROPERTIES,
        coordinate_system=_TEXT,
        links=_LINKS,
    ),
    "FeatureCollection": _object(
        [*_OF_COLLECTION, "timeStamp"], **_OF_COLLECTION, timeStamp=_TIME, coordinate_system=_TEXT
    ),
    "FeaturesAndGeometry": _object(
        [*_OF_COLLECTION, "conformsTo"],
        **{**_OF_COLLECTION, "features": _list(_ANY)},
        conformsTo=_list(_TEXT),
        featureType=_TEXT,
        coordRefSys=_TEXT,
    ),
    "Schema": _object(
        ["$schema", "$id", "type", "properties"],
        **{"$schema": _TEXT, "$id": _TEXT, "title": _TEXT},
        type={"type": "string", "enum": ["object"]},
        properties=_ANY,
    ),
    "Metadata": _object(
        ["metadataStandard", "metadataIdentifier", "identificationInfo", "resourceLineage", "links"],
        metadataStandard=_TEXT,
        metadataIdentifier=_TEXT,
        identificationInfo=_ANY,
        resourceLineage=_ANY,
        links=_LINKS,
    ),
    "Changes": _object(
        [*_COMPARED, "layers"],
        **_COMPARED,
        layers=_list(
            _object(
                ["id", "title", "served", *_COUNTS],
                id=_TEXT,
                title=_TEXT,
                served={"type": "boolean"},
                **_COUNTS,
                links=_LINKS,
            )
        ),
    ),
    "LayerChanges": _object(
        ["id", "title", *_COMPARED, *_COUNTS, "complete", "numberMatched", "numberReturned", "changes"],
        id=_TEXT,
        title=_TEXT,
        **_COMPARED,
        **_COUNTS,
        complete={"type": "boolean"},
        numberMatched=_WHOLE,
        numberReturned=_WHOLE,
        changes=_list(_CHANGE),
    ),
    "TileSets": _object(["tilesets"], tilesets=_list(_ANY), links=_LINKS),
    "Print": _object(
        ["id", "status", "links"],
        id=_TEXT,
        status={"type": "string", "enum": ["running", "successful", "failed"]},
        progress=_TEXT,
        links=_LINKS,
    ),
    "Sheets": _object(
        ["sheets"], sheets=_list(_object(["name", "title"], name=_TEXT, title=_TEXT, subtitle=_TEXT))
    ),
    "Stories": _object(["stories", "links"], stories=_list(_ANY), links=_LINKS),
    "Story": _object(
        ["id", "title", "steps", "links"], id=_TEXT, title=_TEXT, steps=_list(_ANY), links=_LINKS
    ),
    "Basemaps": _object(["basemaps"], basemaps=_list(_ANY)),
}
