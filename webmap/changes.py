"""What changed between the served version of the data and an earlier one, as JSON; `webmap.pages` shows the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from flask import request

from gis import changes
from gis.changes import Change, Changes, Kind, Step
from gis.errors import BadParameter
from gis.layer import Layer
from webmap import context, links, params, words
from webmap.links import Link

OF_ALL = ("since",)
OF_LAYER = ("since", "limit", "offset")
_NOTHING = Changes(dict.fromkeys(Kind, 0))


@dataclass(frozen=True)
class Comparison:
    """The earlier versions that are known, and the one with which the served version is compared; None where
    there is none."""

    versions: tuple[Step, ...]
    since: Step | None

    @property
    def name(self) -> str | None:
        """The name of the version that is compared with."""
        return self.since.version if self.since else None


def comparison() -> Comparison:
    """The version that the request names, the one before the served where it names none. Raises `BadParameter`."""
    known = changes.steps(context.connection())
    wanted = request.args.get("since")
    if wanted is None:
        return Comparison(known, known[0] if known else None)
    found = next((step for step in known if step.version == wanted), None)
    if found is None:
        names = ", ".join(step.version for step in known) or "nothing: no earlier version is known"
        raise BadParameter("since", wanted, f"an earlier version: {names}")
    return Comparison(known, found)


def of_all(compared: Comparison) -> dict[str, Changes]:
    """What changed in each layer of the service, and in those that are no more."""
    if compared.since is None:
        return {}
    internal = context.settings().internal
    found = changes.counted(context.connection(), compared.since, internal=internal)
    return {**{layer_id: found.get(layer_id, _NOTHING) for layer_id in context.catalog()}, **found}


def served(layer_id: str) -> Layer | None:
    """The layer of an id, None when there is none any more."""
    return next((layer for layer in context.catalog().values() if layer.id == layer_id), None)


def of_layer(layer: Layer, compared: Comparison) -> Changes:
    """What changed in a layer, one by one."""
    if compared.since is None:
        return _NOTHING
    return changes.of_layer(
        context.connection(), layer.id, compared.since, internal=context.settings().internal
    )


# --- as JSON --------------------------------------------------------------------------------------------


def overview(compared: Comparison, lang: str) -> dict[str, Any]:
    """The changes of all layers, counted."""
    return {
        **_versions(compared),
        "versions": [_version(step, "/changes") for step in compared.versions],
        "layers": [_layer(layer_id, found, compared, lang) for layer_id, found in of_all(compared).items()],
        "links": list(links.here(links.JSON, "变更 Changes")),
    }


def document(layer: Layer, compared: Comparison, lang: str) -> dict[str, Any]:
    """The changes of one layer, one by one, a page of them."""
    found = of_layer(layer, compared)
    shown = page(found)
    path = f"{links.path_of(layer)}/changes"
    return {
        "id": layer.id,
        "title": layer.heading(lang),
        **_versions(compared),
        "versions": [_version(step, path) for step in compared.versions],
        **_counts(found),
        "complete": found.complete,
        "numberMatched": len(found.listed),
        "numberReturned": len(shown),
        "changes": [_change(layer, one, lang) for one in shown],
        "links": [*links.here(links.JSON, f"{layer.title} 变更 Changes"), *_around(layer, found, len(shown))],
    }


def page(found: Changes) -> Sequence[Change]:
    """The changes that the request asks for."""
    offset = params.offset(request.args)
    return found.listed[offset : offset + params.limit(request.args)]


def _versions(compared: Comparison) -> dict[str, Any]:
    published = context.published()
    return {
        "version": published.version,
        "asOf": published.as_of.isoformat() if published.as_of else None,
        "since": compared.name,
    }


def _version(step: Step, path: str) -> dict[str, Any]:
    return {
        "version": step.version,
        "published": step.published.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "asOf": step.as_of.isoformat() if step.as_of else None,
        "links": [
            links.link("related", links.url(path, since=step.version, f="json"), links.JSON, step.version)
        ],
    }


def _layer(layer_id: str, found: Changes, compared: Comparison, lang: str) -> dict[str, Any]:
    layer = served(layer_id)
    told = {
        "id": layer_id,
        "title": layer.heading(lang) if layer else layer_id,
        "served": layer is not None,
        **_counts(found),
    }
    return {**told, "links": [_link(layer, compared)] if layer else []}


def _link(layer: Layer, compared: Comparison) -> Link:
    path = f"{links.path_of(layer)}/changes"
    return links.link(
        "related",
        links.url(path, since=compared.name or "", f="json"),
        links.JSON,
        f"{layer.title} 变更 Changes",
    )


def _counts(found: Changes) -> dict[str, Any]:
    return {**{kind.value: found.counts.get(kind, 0) for kind in Kind}, "exact": not found.summed}


def _change(layer: Layer, change: Change, lang: str) -> dict[str, Any]:
    return {
        "id": change.id,
        "name": change.name,
        "change": change.kind.value,
        "fields": [
            {"name": name, "title": title_of(layer, name, lang), "old": old, "new": new}
            for name, old, new in values_of(change)
        ],
        "links": _links(layer, change),
    }


def _links(layer: Layer, change: Change) -> list[Link]:
    """The feature, where there still is one."""
    if change.after is None:
        return []
    href = links.url(f"{links.path_of(layer)}/items/{change.id}", f="json")
    return [links.link("item", href, links.GEOJSON, change.name)]


def values_of(change: Change) -> Iterator[tuple[str, Any, Any]]:
    """Each field that differs, with its value before and after; what had and has none is left out."""
    before, after = change.before or {}, change.after or {}
    for name in {**after, **before}:
        if before.get(name) != after.get(name):
            yield name, before.get(name), after.get(name)


def in_words(layer: Layer, change: Change, lang: str) -> Iterator[tuple[str, str, str]]:
    """Each field that differs: its title, and its value before and after as people read it."""
    fields = {field.name: field for field in layer.all_fields}
    for name, *values in values_of(change):
        field = fields.get(name)
        before, after = (words.value(field, v, lang) if field else _shortly(v) for v in values)
        yield title_of(layer, name, lang), before, after


def _shortly(value: Any) -> str:
    """A geometry, or the value of a field that is no more."""
    if value is None:
        return ""
    if isinstance(value, dict):
        found = value.get("coordinates") if value.get("type") == "Point" else None
        return ", ".join(map(str, found)) if found else str(value.get("type", ""))
    return str(value)


def title_of(layer: Layer, name: str, lang: str) -> str:
    """The title of a field; of one that is no more, its name."""
    titles: Mapping[str, str] = {
        "geometry": "Geometry" if lang == "en" else "几何",
        **{f.name: (f.title_en or f.title) if lang == "en" else f.title for f in layer.all_fields},
    }
    return titles.get(name, name)


def _around(layer: Layer, found: Changes, shown: int) -> Iterator[Link]:
    offset, limit = params.offset(request.args), params.limit(request.args)
    yield links.link("collection", links.url(links.path_of(layer), f="json"), links.JSON, layer.title)
    if offset + shown < len(found.listed) and shown:
        yield _at(offset + limit, "next")
    if offset:
        yield _at(max(0, offset - limit), "prev")


def _at(offset: int, rel: str) -> Link:
    return links.link(rel, links.again({"offset": str(offset)}), links.JSON, f"变更 Changes ({rel})")
