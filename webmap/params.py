"""What comes in: the parameters of a request, each understood or refused by name."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum

from shapely.geometry.base import BaseGeometry
from werkzeug.datastructures import MIMEAccept, MultiDict

from gis import filters
from gis.errors import BadParameter
from gis.expression import CRS84, Filter
from gis.feature import Bbox, Interval, Query, Sort
from gis.geometry import CRS_CODES, area_of, is_geographic
from gis.layer import Field, Layer, Type
from webmap.shapes import DATUMS, Form

DEFAULT_LIMIT = 1000
MAXIMUM_LIMIT = 10_000
ANYWHERE = frozenset({"f", "lang", "token"})
OF_FORM = frozenset({"crs", "coords", "properties", "skipGeometry"})
OF_ITEMS = OF_FORM | {
    *("limit", "offset", "startindex", "bbox", "bbox-crs", "datetime"),
    *("filter", "filter-lang", "filter-crs", "sortby"),
}

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
    """The formats of answers: every resource has the first two, a set of features has all."""

    JSON = "json"
    HTML = "html"
    JSONFG = "jsonfg"
    CSV = "csv"
    FGB = "fgb"
    GPKG = "gpkg"


RESOURCE = (Format.JSON, Format.HTML)
FILES = (Format.CSV, Format.FGB, Format.GPKG)
# The media types that a client may ask for; the first of a format is the one that it gets by default.
MEDIA_TYPES: Mapping[str, Format] = {
    "application/json": Format.JSON,
    "application/geo+json": Format.JSON,
    "application/schema+json": Format.JSON,
    "application/vnd.oai.openapi+json": Format.JSON,
    "application/vnd.oai.openapi+json;version=3.0": Format.JSON,
    "text/html": Format.HTML,
    "application/vnd.ogc.fg+json": Format.JSONFG,
    "text/csv": Format.CSV,
    "application/flatgeobuf": Format.FGB,
    "application/geopackage+sqlite3": Format.GPKG,
}


Arguments = MultiDict[str, str]


def known(args: Arguments, names: Iterable[str] = ()) -> None:
    """Refuse a parameter that is not one of these, and one given twice (Part 1, /req/core/query-param-unknown)."""
    allowed = ANYWHERE | set(names)
    for name, values in args.lists():
        if name not in allowed:
            raise BadParameter(name, values[0], f"one of the parameters {', '.join(sorted(allowed))}")
        if len(values) > 1:
            raise BadParameter(name, ", ".join(values), "one value")


def output(args: Arguments, accept: MIMEAccept, formats: Sequence[Format] = RESOURCE) -> Format:
    """The format that is wanted, of those offered: `f` before Accept; JSON unless another is liked better."""
    wanted = args.get("f")
    if wanted is None:
        offered = [media_type for media_type, fmt in MEDIA_TYPES.items() if fmt in formats]
        return MEDIA_TYPES[accept.best_match(offered, default=offered[0])]
    if wanted == "geojson":
        return Format.JSON
    if wanted not in formats:
        raise BadParameter("f", wanted, f"one of {', '.join(formats)}")
    return Format(wanted)


def media_type(fmt: Format) -> str:
    """The media type of a format."""
    return next(name for name, found in MEDIA_TYPES.items() if found is fmt)


def language(args: Arguments) -> str:
    """The language that is wanted: zh or en."""
    wanted = args.get("lang", "zh")
    if wanted not in ("zh", "en"):
        raise BadParameter("lang", wanted, "zh or en")
    return wanted


def query(layer: Layer, args: Arguments, *, internal: bool = False) -> Query:
    """What is asked of a layer's items. Raises `BadParameter`."""
    fields = {field.name: field for field in queryables(layer)}
    known(args, OF_ITEMS | fields.keys())
    box, region = _area(args)
    return Query(
        limit=limit(args),
        offset=offset(args),
        bbox=box,
        region=region,
        interval=interval("datetime", args["datetime"]) if "datetime" in args else None,
        equals={name: value_of(fields[name], args[name]) for name in args if name in fields},
        filter=_filter(layer, args),
        sort=_sort(layer, args),
        internal=internal,
    )


def form(layer: Layer, args: Arguments) -> Form:
    """The form in which a layer's features are wanted. Raises `BadParameter`."""
    coords = args.get("coords", "")
    if "coords" in args and coords not in DATUMS:
        raise BadParameter("coords", coords, f"one of {', '.join(DATUMS)}")
    if coords and "crs" in args:
        raise BadParameter("coords", coords, "no crs beside it: a shifted datum is none")
    return Form(
        crs=_crs("crs", args),
        coords=coords,
        properties=_names("properties", layer, args),
        skip_geometry="skipGeometry" in args and _boolean_of("skipGeometry", args["skipGeometry"]),
    )


def _crs(name: str, args: Arguments) -> str:
    wanted = args.get(name, CRS84)
    if wanted not in CRS_CODES:
        raise BadParameter(name, wanted, f"one of {', '.join(CRS_CODES)}")
    return wanted


def _boolean_of(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise BadParameter(name, text, "true or false")
    return text == "true"


def _names(parameter: str, layer: Layer, args: Arguments) -> tuple[str, ...] | None:
    """Names of fields joined by commas, each once; None when the parameter is not given."""
    if parameter not in args:
        return None
    known_names = [field.name for field in layer.all_fields]
    names = [name for name in args[parameter].split(",") if name]
    for name in names:
        if name not in known_names:
            raise BadParameter(parameter, args[parameter], f"names among {', '.join(known_names)}")
    return tuple(dict.fromkeys(names))


def _sort(layer: Layer, args: Arguments) -> tuple[Sort, ...]:
    """`sortby=name,-level`: each a field, with `-` for descending; `+` may stand for ascending."""
    if "sortby" not in args:
        return ()
    known_names = [field.name for field in layer.all_fields]
    keys = []
    for part in args["sortby"].split(","):
        # A plus sign in a query string is a space, unless the client has encoded it.
        name = part.strip(" ").removeprefix("+") if part[:1] in ("+", " ") else part.removeprefix("-")
        if name not in known_names:
            raise BadParameter(
                "sortby", args["sortby"], f"names, with + or - before, among {', '.join(known_names)}"
            )
        keys.append(Sort(name, descending=part.startswith("-")))
    return tuple(keys)


def _filter(layer: Layer, args: Arguments) -> Filter | None:
    if "filter" not in args:
        for name in ("filter-lang", "filter-crs"):
            if name in args:
                raise BadParameter(name, args[name], "a filter beside it")
        return None
    return filters.parse(
        args["filter"], args.get("filter-lang", "cql2-text"), layer, args.get("filter-crs", CRS84)
    )


def _area(args: Arguments) -> tuple[Bbox | None, BaseGeometry | None]:
    """The box that is asked for: as a box when it is in degrees, as its outline when it is in a projection."""
    crs = _crs("bbox-crs", args)
    if "bbox" not in args:
        if "bbox-crs" in args:
            raise BadParameter("bbox-crs", crs, "a bbox beside it")
        return None, None
    if crs == CRS84:
        return bbox("bbox", args["bbox"]), None
    first, second, third, fourth = _corners("bbox", args["bbox"])
    if is_geographic(crs):
        return _degrees("bbox", args["bbox"], second, first, fourth, third), None
    if first > third or second > fourth:
        raise BadParameter("bbox", args["bbox"], "the lower corner first, in the axis order of bbox-crs")
    return None, area_of(Bbox(first, second, third, fourth), crs)


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


def offset(args: Arguments) -> int:
    """How many items are passed over; ArcGIS may call it `startindex`."""
    if "offset" in args and "startindex" in args:
        raise BadParameter("startindex", args["startindex"], "no offset beside it: they mean the same")
    name = "startindex" if "startindex" in args else "offset"
    value = args.get(name, "0")
    if not _WHOLE.match(value) or len(value) > 15:
        raise BadParameter(name, value, f"a whole number from 0 to {_MAX_OFFSET}")
    return int(value)


def bbox(name: str, value: str) -> Bbox:
    """Four or six numbers: west, south, (lowest,) east, north(, highest), degrees in WGS-84."""
    return _degrees(name, value, *_corners(name, value))


def _corners(name: str, value: str) -> tuple[float, float, float, float]:
    parts = value.split(",")
    expected = "four or six numbers: west,south,east,north in degrees"
    if len(parts) not in (4, 6) or not all(_NUMBER.match(part) for part in parts):
        raise BadParameter(name, value, expected)
    numbers = [float(part) for part in parts]
    if not all(math.isfinite(number) for number in numbers):
        raise BadParameter(name, value, expected)
    first, second, third, fourth = numbers if len(numbers) == 4 else (*numbers[:2], *numbers[3:5])
    return first, second, third, fourth


def _degrees(name: str, value: str, west: float, south: float, east: float, north: float) -> Bbox:
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
