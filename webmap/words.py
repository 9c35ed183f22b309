"""Values as people read them: codes by their titles, numbers with their thousands, sources by their documents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gis.feature import Precision
from gis.layer import Field, Layer, Type
from gis.repository import Source

_SPACE = "\u00a0"  # between thousands and before a unit (SI brochure, 5.4.3 and 5.4.4); it does not break
_UNGROUPED = 10_000  # a number without a unit below this may be a year
_POWERS = str.maketrans({"2": "²", "3": "³"})
_LINE = re.compile(r"@\d+\Z")


@dataclass(frozen=True)
class Citation:
    """A document and the sections of it that are named, each as its path in words."""

    title: str
    sections: tuple[str, ...]


def value(field: Field, content: object, lang: str = "zh") -> str:
    """The value of a field in words; "" when there is none."""
    if content is None or content == "":
        return ""
    if field.values:
        return field.value_title(content, lang)
    if field.type is Type.BOOLEAN:
        return ("yes", "no")[not content] if lang == "en" else ("是", "否")[not content]
    if isinstance(content, int | float):
        return _measured(content, field.unit)
    if field.name == "aliases":
        return (", " if lang == "en" else "、").join(str(content).split("|"))
    return str(content)


def _measured(content: float, unit: str) -> str:
    if not unit and abs(content) < _UNGROUPED:
        return number(content).replace(_SPACE, "")
    return f"{number(content)}{_SPACE}{unit.translate(_POWERS)}" if unit else number(content)


def number(content: float, decimals: int = 2) -> str:
    """A number with its thousands apart, without zeros that say nothing: 1234.50 → 1 234.5."""
    text = f"{content:,.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(",", _SPACE)


def precision(layer: Layer, properties: Mapping[str, object], lang: str = "zh") -> str:
    """How well a place is known, with the radius in which it lies."""
    words = value(layer.field("precision"), properties.get("precision"), lang)
    radius = properties.get("radius_m")
    if properties.get("precision") == Precision.SCHEMATIC or not isinstance(radius, int | float):
        return words
    return f"{words} ±{_measured(radius, 'm')}"


def citations(cited: object, sources: Mapping[str, Source]) -> tuple[Citation, ...]:
    """What a `source` such as `a#1/2|a#3|b` names: each document once, with its sections."""
    found: dict[str, dict[str, None]] = {}
    for one in str(cited or "").split("|"):
        document, _, section = one.partition("#")
        if document:
            found.setdefault(document, {})[_section(section)] = None
    return tuple(
        Citation(sources[document].title if document in sources else document, tuple(filter(None, sections)))
        for document, sections in found.items()
    )


def _section(text: str) -> str:
    """The path of a section in words; the line that may follow it is for those who check."""
    return " · ".join(part for part in _LINE.sub("", text).split("/") if part)
