"""What comes in: the parameters of a request, each understood or refused by name."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, date, datetime
from enum import StrEnum

from werkzeug.datastructures import MIMEAccept, MultiDict

from gis.errors import BadParameter
from gis.feature import Bbox, Interval, Query
from gis.layer import Field, Layer, Type

DEFAULT_LIMIT = 1000
MAXIMUM_LIMIT = 10_000
ANYWHERE = frozenset({"f", "lang", "token"})
OF_ITEMS = frozenset({"limit", "offset", "bbox", "datetime"})

_WHOLE = re.compile(r"[0-9]+\Z")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})\Z", re.I
)
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}\Z")
_OPEN = ("", "..")
_MAX_OFFSET = 10**15


class Format(StrEnum):
    """The formats that every resource is offered in."""

    JSON = "json"
    HTML = "html"


Arguments = MultiDict[str, str]


def known(args: Arguments, names: Iterable[str] = ()) -> None:
    """Refuse a parameter that is not one of these, and one given twice (Part 1, /req/core/query-param-unknown)."""
    allowed = ANYWHERE | set(names)
    for name, values in args.lists():
        if name not in allowed:
            raise BadParameter(name, values[0], f"one of the parameters {', '.join(sorted(allowed))}")
        if len(values) > 1:
            raise BadParameter(name, ", ".join(values), "one value")


def output(args: Arguments, accept: MIMEAccept) -> Format:
    """The format that is wanted: `f` before Accept; JSON unless HTML is liked better."""
    wanted = args.get("f")
    if wanted is None:
        best = accept.best_match(
            ["application/json", "application/geo+json", "application/schema+json", "text/html"],
            default="application/json",
        )
        return Format.HTML if best == "text/html" else Format.JSON
    if wanted == "geojson":
        return Format.JSON
    return _choice("f", wanted, Format)


def language(args: Arguments) -> str:
    """The language that is wanted: zh or en."""
    wanted = args.get("lang", "zh")
    if wanted not in ("zh", "en"):
        raise BadParameter("lang", wanted, "zh or en")
    return wanted


def _choice(name: str, value: str, choices: type[Format]) -> Format:
    try:
        return choices(value)
    except ValueError:
        raise BadParameter(name, value, f"one of {', '.join(choices)}") from None


def query(layer: Layer, args: Arguments, *, internal: bool = False) -> Query:
    """What is asked of a layer's items. Raises `BadParameter`."""
    fields = {field.name: field for field in queryables(layer)}
    known(args, OF_ITEMS | fields.keys())
    return Query(
        limit=limit(args),
        offset=_offset(args),
        bbox=bbox("bbox", args["bbox"]) if "bbox" in args else None,
        interval=interval("datetime", args["datetime"]) if "datetime" in args else None,
        equals={name: value_of(fields[name], args[name]) for name in args if name in fields},
        internal=internal,
    )


def queryables(layer: Layer) -> tuple[Field, ...]:
    """The fields by which a layer's items can be filtered."""
    return layer.all_fields


def limit(args: Arguments) -> int:
    """How many items a page holds: above the maximum means the maximum."""
    value = args.get("limit")
    if value is None:
        return DEFAULT_LIMIT
    if not _WHOLE.match(value) or not value.strip("0"):
        raise BadParameter("limit", value, f"a whole number from 1 to {MAXIMUM_LIMIT}")
    return MAXIMUM_LIMIT if len(value.lstrip("0")) > 6 else min(int(value), MAXIMUM_LIMIT)


def _offset(args: Arguments) -> int:
    value = args.get("offset", "0")
    if not _WHOLE.match(value) or len(value) > 15:
        raise BadParameter("offset", value, f"a whole number from 0 to {_MAX_OFFSET}")
    return int(value)


def bbox(name: str, value: str) -> Bbox:
    """Four or six numbers: west, south, (lowest,) east, north(, highest), degrees in WGS-84."""
    parts = value.split(",")
    expected = "four or six numbers: west,south,east,north in degrees"
    if len(parts) not in (4, 6) or not all(_NUMBER.match(part) for part in parts):
        raise BadParameter(name, value, expected)
    numbers = [float(part) for part in parts]
    if not all(math.isfinite(number) for number in numbers):
        raise BadParameter(name, value, expected)
    west, south, east, north = numbers if len(numbers) == 4 else (*numbers[:2], *numbers[3:5])
    if not (-180 <= west <= 180 and -180 <= east <= 180):
        raise BadParameter(name, value, "west and east from -180 to 180")
    if not -90 <= south <= north <= 90:
        raise BadParameter(name, value, "south not above north, both from -90 to 90")
    return Bbox(west, south, east, north)


def interval(name: str, value: str) -> Interval:
    """An instant, or two joined by `/`, either of which may be open (`..` or nothing)."""
    parts = value.split("/")
    expected = "an instant or an interval such as 2021-01-01, 2021-01-01/.., ../2022-06-30T00:00:00Z"
    if len(parts) > 2 or (len(parts) == 1 and parts[0] in _OPEN):
        raise BadParameter(name, value, expected)
    try:
        days = [_day(part) for part in parts]
    except ValueError:
        raise BadParameter(name, value, expected) from None
    start, end = days[0], days[-1]
    if start and end and start > end:
        raise BadParameter(name, value, "an interval that begins before it ends")
    return Interval(start, end)


def _day(text: str) -> date | None:
    """A day; None for an open end and for the year 0000, which QGIS sends when it means no beginning."""
    if text in _OPEN or text.startswith("0000-"):
        return None
    if _DATE.match(text):
        return date.fromisoformat(text)
    if not _INSTANT.match(text):
        raise ValueError(text)
    instant = datetime.fromisoformat(text.upper())
    return instant.astimezone(UTC).date() if 1 < instant.year < 9999 else instant.date()


def value_of(field: Field, text: str) -> object:
    """The value of a field that a text means. Raises `BadParameter` naming the field."""
    if "\x00" in text:
        raise BadParameter(field.name, text, "a text without NUL")
    try:
        value = _PARSERS[field.type](text)
    except ValueError:
        raise BadParameter(field.name, text, _EXPECTED[field.type]) from None
    codes = [known_value.code for known_value in field.values]
    if codes and value not in codes:
        raise BadParameter(field.name, text, f"one of {', '.join(map(str, codes))}")
    return value


def _integer(text: str) -> int:
    if not _INTEGER.match(text):
        raise ValueError(text)
    return int(text)


def _number(text: str) -> float:
    if not _NUMBER.match(text) or not math.isfinite(float(text)):
        raise ValueError(text)
    return float(text)


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text] if text in ("true", "false") else _refuse(text)


def _refuse(text: str) -> bool:
    raise ValueError(text)


def _date(text: str) -> date:
    if not _DATE.match(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def _datetime(text: str) -> datetime:
    if not _INSTANT.match(text):
        raise ValueError(text)
    return datetime.fromisoformat(text.upper()).astimezone(UTC).replace(tzinfo=None)


_PARSERS: dict[Type, Callable[[str], object]] = {
    Type.TEXT: str,
    Type.INTEGER: _integer,
    Type.NUMBER: _number,
    Type.BOOLEAN: _boolean,
    Type.DATE: _date,
    Type.DATETIME: _datetime,
}
_EXPECTED: dict[Type, str] = {
    Type.TEXT: "a text",
    Type.INTEGER: "a whole number",
    Type.NUMBER: "a number",
    Type.BOOLEAN: "true or false",
    Type.DATE: "a date such as 2021-12-31",
    Type.DATETIME: "a date and time such as 2021-12-31T08:00:00Z",
}


def only(args: Arguments) -> None:
    """Refuse every parameter but those allowed anywhere; checks the language too."""
    known(args)
    language(args)


def names_of_items(layer: Layer) -> Collection[str]:
    """The parameters that a layer's items understand."""
    return OF_ITEMS | {field.name for field in queryables(layer)}
