"""Indicators and quantified targets of the documents, as tidy rows: one figure aimed at in one place."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from etl import read
from etl.records import Row
from gis.adcodes import CITIES
from gis.errors import BadData
from gis.feature import Precision

FILE = read.SOURCES / Path(__file__).stem / "indicators.csv"
PROVINCE = 420000
AREAS = {PROVINCE: ("湖北省", "Hubei Province"), **CITIES}

_COLUMNS = (
    "id area indicator indicator_en unit base_year base_value target_year target_value value_note kind nature "
    "direction document section footnote"
).split()
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_YEAR = re.compile(r"(?:19|20)\d\d")
_T = TypeVar("_T")


class Kind(StrEnum):
    """What the target figure is: a level to reach, a growth each year (%), a sum over the period."""

    LEVEL = "level"
    YEARLY_GROWTH = "yearly_growth"
    CUMULATIVE = "cumulative"


class Nature(StrEnum):
    """Whether the target is expected or binding, where the document says so."""

    EXPECTED = "预期性"
    BINDING = "约束性"
    UNSAID = ""


class Direction(StrEnum):
    """Which way is better."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True)
class Indicator:
    """A figure of a document and what it is to become, as the document has it.

    `area` is a city or the province. `value_note` tells how the target stands in the text: > for 超过 or 突破,
    ≥ for 以上, ≈ for 左右, a range, or its words; of a range `target_value` is the lower end. Of a yearly
    growth the target is in per cent, whatever the unit. None is what the document does not say. `sections`
    are all those in which it stands; inconsistent figures are kept, each as it stands, with a footnote.
    """

    id: str
    area: int
    indicator: str
    indicator_en: str
    unit: str
    base_year: int | None
    base_value: float | None
    target_year: int | None
    target_value: float
    value_note: str
    kind: Kind
    nature: Nature
    direction: Direction
    document: str
    sections: tuple[str, ...]
    footnote: str

    @property
    def source(self) -> str:
        """The document and sections as features name their sources."""
        return "|".join(f"{self.document}#{section}" for section in self.sections)


def indicators(file: Path = FILE) -> tuple[Indicator, ...]:
    """The indicators of a CSV file, in its order. Raises `BadData` naming row, column and expectation."""
    found: dict[str, Indicator] = {}
    for row in read.table(file, _COLUMNS):
        one = _indicator(row)
        if not one.id or one.id in found:
            raise BadData(row.where, f"id={one.id!r}: expected an id of its own")
        found[one.id] = one
    return tuple(found.values())


def rows(file: Path, days: Mapping[str, date]) -> Iterator[Row]:
    """The indicators as rows of a layer: at the point of their city, those of the province without a place.

    `days` are the dates of the documents, by their ids.
    """
    for one in indicators(file):
        in_city = one.area != PROVINCE
        values = {
            "id": int.from_bytes(hashlib.sha256(one.id.encode()).digest()[:4], "big") >> 1,
            "key": one.id,
            "name": f"{AREAS[one.area][0]}：{one.indicator}",
            "name_en": f"{AREAS[one.area][1]}: {one.indicator_en}",
            "kind": one.kind.value,
            "city": one.area if in_city else None,
            "precision": (Precision.CITY if in_city else Precision.SCHEMATIC).value,
            "source": one.source,
            "as_of": days.get(one.document),
            "visibility": "public",
            "note": one.footnote,
            "nature": _NATURES[one.nature],
            "direction": one.direction.value,
            **{name: getattr(one, name) for name in _FIELDS},
        }
        yield Row(f"{file.name}, {one.id}", values, sited=in_city)


_NATURES = {Nature.EXPECTED: "expected", Nature.BINDING: "binding", Nature.UNSAID: None}
_FIELDS = ("indicator", "unit", "base_year", "base_value", "target_year", "target_value", "value_note")


def _indicator(row: Row) -> Indicator:
    text = {name: str(value).strip() for name, value in row.values.items()}
    areas = ", ".join(map(str, AREAS))
    target = _value(row, "target_value", _number, "a number")
    if target is None:
        raise BadData(row.where, "target_value='': expected a number")
    return Indicator(
        id=text["id"],
        area=_needed(
            row, "area", lambda code: int(code) if code in areas.split(", ") else None, f"one of {areas}"
        ),
        indicator=_needed(row, "indicator", str, "a name"),
        indicator_en=_needed(row, "indicator_en", str, "a name"),
        unit=_needed(row, "unit", str, "a unit"),
        base_year=_value(row, "base_year", _year, "a year"),
        base_value=_value(row, "base_value", _number, "a number"),
        target_year=_value(row, "target_year", _year, "a year"),
        target_value=target,
        value_note=text["value_note"],
        kind=_needed(row, "kind", _member(Kind), f"one of {', '.join(Kind)}"),
        nature=_member(Nature)(text["nature"]) or Nature.UNSAID,
        direction=_needed(row, "direction", _member(Direction), f"one of {', '.join(Direction)}"),
        document=_needed(row, "document", str, "the id of a document"),
        sections=tuple(_needed(row, "section", str, "a section").split("|")),
        footnote=text["footnote"],
    )


def _value(row: Row, column: str, convert: Callable[[str], _T | None], expected: str) -> _T | None:
    """The value of a column, None of an empty one."""
    text = str(row.values[column]).strip()
    if not text:
        return None
    value = convert(text)
    if value is None:
        raise BadData(row.where, f"{column}={text!r}: expected {expected}")
    return value


def _needed(row: Row, column: str, convert: Callable[[str], _T | None], expected: str) -> _T:
    value = _value(row, column, convert, expected)
    if value is None:
        raise BadData(row.where, f"{column}='': expected {expected}")
    return value


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _year(text: str) -> int | None:
    return int(text) if _YEAR.fullmatch(text) else None


def _member(kind: type[_T]) -> Callable[[str], _T | None]:
    members = {str(member): member for member in kind}  # type: ignore[attr-defined]
    return members.get
