"""What a user says of a file: in which layer it goes, in which system its coordinates are, what its columns mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from pyproj import CRS
from pyproj.exceptions import CRSError

from gis.errors import BadParameter
from gis.frozen import FrozenMapping
from gis.layer import Layer

SHIFTED = ("gcj02", "bd09")
# What a column may be besides a field: the place of a row and its number.
PLACES = ("lon", "lat", "wkt")
ID = "id"


@dataclass(frozen=True)
class Options:
    """How a file is to be read. `crs` is a code such as EPSG:4547, gcj02, bd09, or "" for what the file says;
    `columns` names the column of a field where that is called otherwise; `part` is the layer or sheet of a
    file that has several; `geocode` the column with names or addresses by which rows without a place get one.
    """

    crs: str = ""
    columns: Mapping[str, str] = FrozenMapping({})
    encoding: str = ""
    part: str = ""
    geocode: str = ""
    skip_bad: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", FrozenMapping(self.columns))
        object.__setattr__(self, "crs", self.crs.strip())
        if self.crs.lower() in SHIFTED:
            object.__setattr__(self, "crs", self.crs.lower())
        elif self.crs:
            system(self.crs)
        if self.encoding:
            _check_encoding(self.encoding)


@cache
def system(crs: str) -> CRS:
    """The system of a code. Raises `BadParameter` for one that is not known."""
    try:
        return CRS.from_user_input(crs)
    except CRSError:
        raise BadParameter("crs", crs, "a known code such as EPSG:4547 or EPSG:4490, gcj02 or bd09") from None


def _check_encoding(name: str) -> None:
    try:
        "".encode(name)
    except LookupError:
        raise BadParameter("encoding", name, "a known one such as utf-8 or gb18030") from None


def columns(given: Iterable[str], layer: Layer) -> dict[str, str]:
    """`column=field` as field → column. Raises `BadParameter` for a field that the layer does not have."""
    known = [*(field.name for field in layer.all_fields), *PLACES, ID]
    found: dict[str, str] = {}
    for text in given:
        column, sign, field = text.rpartition("=")
        if not sign or not column or field not in known:
            raise BadParameter("map", text, f"COLUMN=FIELD, the field one of {', '.join(known)}")
        if field in found:
            raise BadParameter("map", text, f"one column for {field}; {found[field]!r} is mapped to it too")
        found[field] = column
    return found
