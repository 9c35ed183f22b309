"""A page of items in words: its short table, its filters with what occurs, the conditions that hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from flask import request

from gis.layer import Field, Layer, Type
from webmap import context, links, params, words

COLUMNS = ("kind", "city", "district", "status", "level", "precision", "host")
COUNTED = 50_000  # features up to which a page says how many there are of each value
_OF_PAGE = ("offset", "startindex")
_OF_ANSWER = ("f", "lang", "sortby")
_CONDITIONS = {"bbox": ("范围", "Box"), "datetime": ("日期", "Date"), "filter": ("条件", "Filter")}

Feature: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Choice:
    """A value by which a layer can be filtered: its title, how many have it, whether it is chosen."""

    code: object
    title: str
    count: int | None
    chosen: bool


@dataclass(frozen=True)
class Condition:
    """A condition that holds for a page: in words, and the address of the page without it."""

    title: str
    value: str
    without: str


def first() -> int:
    """The number of the first feature of the page, among those that match."""
    return int(request.args.get("offset") or request.args.get("startindex") or 0) + 1


def columns(layer: Layer, features: Sequence[Feature]) -> list[Field]:
    """The fields of a short table: the common ones that tell things apart, then the short ones of the popup."""
    short = [n for n in layer.popup if layer.field(n).values or layer.field(n).type is not Type.TEXT]
    filled = {n for feature in features for n, value in feature["properties"].items() if value is not None}
    return [layer.field(name) for name in dict.fromkeys((*COLUMNS, *short)) if name in filled]


def row(layer: Layer, feature: Feature) -> dict[str, Any]:
    """A feature as a page shows it: every value in words, in the language of the request."""
    lang = params.language(request.args)
    properties = feature["properties"]
    values = {field.name: words.value(field, properties.get(field.name), lang) for field in layer.all_fields}
    values["precision"] = words.precision(layer, properties, lang)
    return {"id": feature["id"], "name": _name(feature, lang), "values": values, "drawn": feature["geometry"]}


def _name(feature: Feature, lang: str) -> str:
    properties = feature["properties"]
    wanted = properties.get("name_en") if lang == "en" else None
    return str(wanted or properties.get("name") or feature["id"])


def filters(layer: Layer) -> Iterator[tuple[Field, list[Choice]]]:
    """The coded fields that tell features apart, with the values that occur."""
    for field in layer.all_fields:
        if not field.values or (field.name == "visibility" and not context.settings().internal):
            continue
        choices = _choices(layer, field)
        if len(choices) > 1 or field.name in request.args:
            yield field, choices


def _choices(layer: Layer, field: Field) -> list[Choice]:
    lang, asked = params.language(request.args), request.args.get(field.name)
    if context.summary(layer).count > COUNTED:
        found: dict[object, int | None] = {value.code: None for value in field.values}
    else:
        found = {code: n for code, n in context.by_value(layer, field.name).items() if code is not None}
    return [
        Choice(code, words.value(field, code, lang), count, str(code) == asked)
        for code, count in found.items()
    ]


def hidden(layer: Layer) -> Iterator[tuple[str, str]]:
    """The parameters that a form passes on: all but those that it asks for and the place in the pages."""
    asked = {field.name for field, _choices in filters(layer)}
    for name, value in request.args.items():
        if name not in asked and name not in ("offset", "startindex", "f"):
            yield name, value


def conditions(layer: Layer) -> Iterator[Condition]:
    """The conditions of the request, each in words."""
    lang = params.language(request.args)
    fields = {field.name: field for field in layer.all_fields}
    for name, value in request.args.items():
        without = links.again({}, without=(name, "offset", "startindex"))
        if name in fields:
            field = fields[name]
            title = field.title_en or field.title if lang == "en" else field.title
            typed = params.value_of(field, value)
            yield Condition(title, words.value(field, typed, lang) or value, without)
        elif name in ("bbox", "datetime", "filter"):
            yield Condition(_CONDITIONS[name][lang == "en"], value, without)


def unfiltered() -> str:
    """The address of this page without conditions."""
    return links.again({}, without=[name for name in request.args if name not in _OF_ANSWER])


def sorted_by(name: str) -> tuple[str, str]:
    """The address of this page ordered by a field, and how it is ordered by it now (as `aria-sort`)."""
    now = {name: "ascending", f"-{name}": "descending"}.get(request.args.get("sortby", ""), "none")
    wanted = f"-{name}" if now == "ascending" else name
    return links.again({"sortby": wanted}, without=_OF_PAGE), now
