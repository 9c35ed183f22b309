"""Tables → features of a layer, block by block.

What a row becomes is decided by `etl.conform`, one row after the other. Here whole columns take that way at
once where it is plain that each value fits; a row of which that is not plain goes the long way alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as changed
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from shapely.geometry.base import BaseGeometry

from etl.areas import Areas
from etl.conform import KEY, MEASURED, Unfit, conform, fit
from etl.importing.options import ID, PLACES, Options
from etl.importing.places import Places
from etl.importing.table import Table
from etl.records import Rejected, Row
from gis.adcodes import city_of
from gis.block import ARROW, Block
from gis.columns import is_varied, joined
from gis.errors import BadData
from gis.feature import DECIMALS, Feature, Precision
from gis.frozen import FrozenMapping
from gis.layer import Field, Geometry, Layer, Type
from gis.shapes import Points, Shapes

BLOCK = 50_000
SLOT = 2**31  # the ids of an import are this times its slot, and the number of the row

_FEW = 1000  # rows of which the values are looked at one by one
_ID_COLUMNS = ("id", "fid")
_POLYGONS = ("Polygon", "MultiPolygon")
# A text that has none of these is its own plain form: whitespace other than single spaces, what is not seen.
_ODD = "|".join(
    (
        r"^[\s\p{Z}]",
        r"[\s\p{Z}]$",
        r"[\s\p{Z}]{2}",
        r"[\x00-\x1f\x7f\p{Cc}\p{Cf}\p{Zl}\p{Zp}]",
        r"[\x{a0}\x{1680}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}]",
    )
)
_PLAIN_INTEGER = r"^-?(0|[1-9][0-9]{0,17})$"
_PLAIN_NUMBER = r"^-?[0-9]{1,15}(\.[0-9]{1,15})?$"


@dataclass(frozen=True, eq=False)
class Source:
    """A table that is to become features of a layer. `slot` keeps the ids and keys of an import apart from all
    others, 0 for a layer that has no other source. `evidence` says of all rows whence their place is known;
    `given` are columns that count where the table has nothing, such as places that were looked up.
    """

    layer: Layer
    table: Table
    places: Places
    areas: Areas
    digest: str
    evidence: str
    options: Options = Options()
    slot: int = 0
    by_title: bool = False
    given: Mapping[str, Any] = FrozenMapping({})
    placeless: bool = True

    def __post_init__(self) -> None:
        # What is wrong with the whole file is told before any of its rows is taken.
        assert len(self.ids) == self.table.rows and self.columns is not None

    def where(self, number: int) -> str:
        """Where the row stands that has become the feature of an id."""
        return self.table.where(int(np.flatnonzero(self.ids == number)[0]))

    # --- the long way -----------------------------------------------------------------------

    def rows(self) -> Iterator[Row | Rejected]:
        """All rows, one by one."""
        yield from self.unread()
        districts = self.areas.districts_of(
            [_inside(self.places.geometry(i)) for i in range(self.table.rows)]
        )
        for i, district in enumerate(districts):
            yield self._row(i, district)

    def unread(self) -> Iterator[Rejected]:
        """What the file has that could not be read as a row."""
        for where, expected in self.table.unread.items():
            yield Rejected(Row(where, {}), "cells", expected)

    def _row(self, i: int, district: int | None) -> Row | Rejected:
        where = self.table.where(i)
        values = {
            name: _plain(self.table.columns[column][i].as_py()) for name, column in self.columns.items()
        }
        if i in self.places.faults:
            column, expected = self.places.faults[i]
            shown = self.table.columns[column][i].as_py() if column in self.table.columns else None
            return Rejected(Row(where, {column: shown}), column, expected)
        geometry, repaired = _repaired(self.places.geometry(i))
        if geometry is None and not self.placeless:
            return Rejected(Row(where, {}), "place", "coordinates, or an address and --geocode")
        evidence = f"{self.evidence}{', geometry repaired' if repaired else ''}"
        common = {**self._common(i, district), "position_source": evidence}
        common |= {
            name: value for name, column in self.given.items() if (value := column[i].as_py()) is not None
        }
        coded = {field.name: _coded(field, values.get(field.name)) for field in self.layer.all_fields}
        filled = {name: common.get(name) if value in (None, "") else value for name, value in coded.items()}
        filled["name"] = filled["name"] or filled["key"]
        return Row(where, {"id": int(self.ids[i]), **filled}, geometry)

    def _common(self, i: int, district: int | None) -> dict[str, object]:
        """What is true of a row that its file does not say."""
        return {
            "city": city_of(district) if district else None,
            "district": district,
            "precision": Precision.SITE.value,
            "visibility": "public",
            "key": f"{self._key_prefix}{self._number(i)}",
            "source": f"{self.table.name}, row {i + 1}, sha256 {self.digest}",
        }

    @property
    def _key_prefix(self) -> str:
        own = f"i{self.slot:x}-" if self.slot else ""
        return f"{self.layer.id.replace('_', '-')}-{own}"

    def _number(self, i: int) -> int:
        return int(self.ids[i]) % SLOT if self.slot else i + 1

    @cached_property
    def columns(self) -> Mapping[str, str]:
        """Field → column. What is named must be there; a column that is named for one field, or tells the
        place, is not taken for the field that is called like it."""
        present = list(self.table.columns)
        named = {**self.layer.columns, **self.options.columns}
        for field, column in named.items():
            if column not in present:
                known = ", ".join(present) or "no columns"
                raise BadData(self.table.name, f"no column {column!r} for field {field!r}; it has {known}")
        free = [name for name in present if name not in {*named.values(), *self.places.used}]
        namesakes = {f.name: found for f in self.layer.all_fields if (found := self._namesake(f, free))}
        wanted = {name: column for name, column in named.items() if name not in (*PLACES, ID)}
        return FrozenMapping({**namesakes, **wanted})

    def _namesake(self, field: Field, free: Sequence[str]) -> str:
        if field.name in free:
            return field.name
        if not self.by_title:
            return ""
        called = {field.name.casefold(), field.title.casefold(), field.title_en.casefold()} - {""}
        return next((name for name in free if name.casefold() in called), "")

    @property
    def own_keys(self) -> bool:
        """Whether the file has keys of its own."""
        return "key" in self.columns

    @cached_property
    def ids(self) -> np.ndarray:
        """The file's own whole numbers where they are unique and above 0, else the row numbers."""
        most = SLOT - 1 if self.slot else 2**63 - 1
        own = self.options.columns.get(ID)
        named = [own] if own else [name for name in self.table.columns if name.lower() in _ID_COLUMNS]
        candidates = [_whole(self.table.columns[name]) for name in named]
        candidates.append(None if self.table.numbers is None else np.asarray(self.table.numbers))
        for numbers in candidates:
            if numbers is None or not len(numbers) or numbers.min() <= 0 or numbers.max() > most:
                continue
            if len(np.unique(numbers)) == len(numbers):
                return numbers.astype(np.int64) + self.slot * SLOT
        if own:
            raise BadData(
                self.table.name, f"column {own!r} for the id: expected unique whole numbers above 0"
            )
        return np.arange(1, self.table.rows + 1, dtype=np.int64) + self.slot * SLOT

    # --- the short way ----------------------------------------------------------------------

    def blocks(self) -> Iterator[tuple[Block, list[Rejected]]]:
        """All rows as blocks, each with the rows that were rejected beside it."""
        unread = list(self.unread())
        if unread:
            yield Block.of(self.layer, []), unread
        for start in range(0, self.table.rows, BLOCK):
            yield self._block(start, min(start + BLOCK, self.table.rows))

    def _block(self, start: int, end: int) -> tuple[Block, list[Rejected]]:
        shapes, districts, doubtful = self._placed(start, end)
        columns: dict[str, Any] = {}
        for field in self.layer.all_fields:
            column, wrong = self._column(field, start, end)
            columns[field.name] = column
            doubtful |= wrong
        columns = self._filled(columns, districts, start, end)
        doubtful |= self._contradictory(columns)
        block = Block(self.layer, self.ids[start:end], shapes, FrozenMapping(columns))
        if not doubtful.any():
            return block, []
        features, rejected = self._one_by_one(start + np.flatnonzero(doubtful))
        rest = Block.of(self.layer, features)
        return _together(block.taken(np.flatnonzero(~doubtful)), rest), rejected

    def _one_by_one(self, places: np.ndarray) -> tuple[list[Feature], list[Rejected]]:
        shapes = [_inside(self.places.geometry(i)) for i in places]
        districts = self.areas.districts_of(shapes)
        rows = (self._row(int(i), district) for i, district in zip(places, districts, strict=True))
        features, rejected = [], []
        for one in conform(self.layer, rows, self.areas):
            if isinstance(one, Rejected):
                rejected.append(one)
            else:
                features.append(one)
        return features, rejected

    def _placed(self, start: int, end: int) -> tuple[Shapes, np.ndarray, np.ndarray]:
        """Where rows are, districts (0 for none), and which rows must go the long way: all but plain points."""
        count = end - start
        if self.places.xy is None or self.layer.geometry is not Geometry.POINT:
            return (
                Shapes.of(np.full(count, None, dtype=object)),
                np.zeros(count, dtype=np.int64),
                np.ones(count, dtype=bool),
            )
        xy = np.round(self.places.xy[start:end], DECIMALS)
        doubtful = ~np.all(np.abs(xy) <= (180, 90), axis=1)
        faults = [i - start for i in self.places.faults if start <= i < end]
        doubtful[faults] = True
        districts = np.zeros(count, dtype=np.int64)
        plain = np.flatnonzero(~doubtful)
        districts[plain] = self.areas.districts_at(self.places.xy[start:end][plain])
        if any(name in MEASURED for name in (field.name for field in self.layer.fields)):
            doubtful[:] = True
        return Points(xy), districts, doubtful

    def _column(self, field: Field, start: int, end: int) -> tuple[Any, np.ndarray]:
        count = end - start
        if field.name not in self.columns:
            return pa.nulls(count, ARROW[field.type]), np.zeros(count, dtype=bool)
        return _converted(field, self.table.columns[self.columns[field.name]].slice(start, count))

    def _filled(
        self, columns: Mapping[str, Any], districts: np.ndarray, start: int, end: int
    ) -> dict[str, Any]:
        """The columns with what is true of all rows where the file says nothing."""
        count = end - start
        within = pa.array(districts, mask=districts == 0)
        numbers = pa.array(self.ids[start:end] % SLOT if self.slot else np.arange(start + 1, end + 1))
        rows = pa.array(np.arange(start + 1, end + 1)).cast(pa.string())
        common: dict[str, Any] = {
            "city": pc.multiply(pc.divide(within, 100), 100),
            "district": within,
            "precision": pa.scalar(Precision.SITE.value),
            "visibility": pa.scalar("public"),
            "key": joined([self._key_prefix, numbers.cast(pa.string())]),
            "position_source": pa.scalar(self.evidence),
            "source": joined([f"{self.table.name}, row ", rows, f", sha256 {self.digest}"]),
        }
        for name, column in self.given.items():
            known = column.slice(start, count)
            common[name] = pc.coalesce(known, common[name]) if name in common else known
        filled = {
            name: _coalesced(column, common[name], count) if name in common else column
            for name, column in columns.items()
        }
        filled["name"] = (
            pc.coalesce(filled["name"], filled["key"]) if filled["name"].null_count else filled["name"]
        )
        return filled

    def _contradictory(self, columns: Mapping[str, Any]) -> np.ndarray:
        """Rows that lack what is required, have no proper key, or a city that is not that of their district."""
        wrong = ~_mask(pc.match_substring_regex(columns["key"], f"^(?:{KEY.pattern})$"))
        for field in self.layer.all_fields:
            if field.required and columns[field.name].null_count:
                wrong |= ~_mask(columns[field.name].is_valid())
        cities = pc.multiply(pc.divide(columns["district"], 100), 100)
        agrees = pc.coalesce(pc.equal(cities, columns["city"]), pc.is_null(columns["district"]))
        wrong |= ~_mask(agrees)
        return wrong


def _together(one: Block, other: Block) -> Block:
    if not len(other):
        return one
    columns = {name: pa.concat_arrays([one.columns[name], other.columns[name]]) for name in one.columns}
    return Block(
        one.layer,
        np.concatenate((one.ids, other.ids)),
        one.shapes.then(other.shapes),
        FrozenMapping(columns),
    )


def _coalesced(column: Any, common: Any, count: int) -> Any:
    if not column.null_count:
        return column
    if isinstance(common, pa.Scalar):
        return pa.repeat(common, count) if column.null_count == count else column.fill_null(common)
    return (
        common.cast(column.type)
        if column.null_count == count
        else pc.coalesce(column, common.cast(column.type))
    )


def _mask(column: Any) -> np.ndarray:
    made: np.ndarray = column.fill_null(False).to_numpy(zero_copy_only=False)
    return made


# --- values -------------------------------------------------------------------------------------


def _converted(field: Field, column: Any) -> tuple[Any, np.ndarray]:
    """A column as the type of its field, and which of its values are not plainly such."""
    if len(column) > _FEW and is_varied(column):
        made = _at_once(field, column)
        if made is not None:
            return made
    coded = column.dictionary_encode()
    optional = changed(field, required=False)
    values: list[object] = []
    wrong: list[bool] = []
    for value in coded.dictionary.to_pylist():
        try:
            values.append(fit(optional, _coded(field, _plain(value))))
            wrong.append(False)
        except Unfit:
            values.append(None)
            wrong.append(True)
    typed = pa.array(values, ARROW[field.type]).take(coded.indices)
    return typed, _mask(pa.array(wrong, pa.bool_()).take(coded.indices))


def _at_once(field: Field, column: Any) -> tuple[Any, np.ndarray] | None:
    """The same of very many different values, where the type has a plain form to which they can be held."""
    pattern = _PATTERNS.get(field.type)
    if field.values or field.name == "aliases" or pattern is None or not pa.types.is_string(column.type):
        return _of_numbers(field, column)
    fits = pc.match_substring_regex(column, pattern)
    plain = pc.invert(fits) if field.type is Type.TEXT else fits
    wrong = ~_mask(pc.coalesce(plain, pa.scalar(True)))
    if wrong.any():
        column = pc.if_else(pa.array(~wrong), column, pa.scalar(None, pa.string()))
    return column.cast(ARROW[field.type]), wrong


def _of_numbers(field: Field, column: Any) -> tuple[Any, np.ndarray] | None:
    """A column that has the type already, or whole numbers for numbers."""
    if field.values or field.type not in (Type.INTEGER, Type.NUMBER):
        return None
    if pa.types.is_signed_integer(column.type):
        return column.cast(ARROW[field.type], safe=False), np.zeros(len(column), dtype=bool)
    if field.type is Type.NUMBER and pa.types.is_floating(column.type):
        blank = pc.is_nan(column)
        kept = pc.if_else(pc.coalesce(blank, pa.scalar(False)), pa.scalar(None, column.type), column)
        return kept.cast(pa.float64()), _mask(pc.is_inf(column))
    return None


_PATTERNS: Mapping[Type, str] = {
    Type.TEXT: _ODD,
    Type.INTEGER: _PLAIN_INTEGER,
    Type.NUMBER: _PLAIN_NUMBER,
}


def _whole(column: Any) -> np.ndarray | None:
    """A column of whole numbers, None when not all are such."""
    if column.null_count or not len(column):
        return None
    if pa.types.is_string(column.type):
        if not pc.all(pc.match_substring_regex(column, _PLAIN_INTEGER)).as_py():
            return None
        column = column.cast(pa.int64())
    made: np.ndarray = column.to_numpy(zero_copy_only=False)
    return made if pa.types.is_integer(column.type) else None


def _plain(value: Any) -> object:
    """A cell, None where it is empty. Line breaks become spaces; a NaN is none."""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, datetime):
        return getattr(value, "to_pydatetime", lambda: value)()
    return None if value != value else value


def _coded(field: Field, value: object) -> object:
    """The code of a value that is given by its title or one of its words; else the value as it came."""
    if not isinstance(value, str) or not field.values:
        return value
    codes: Mapping[str, object] = {
        name: coded.code
        for coded in reversed(field.values)
        for name in (*coded.words, coded.title_en, coded.title, str(coded.code))
    }
    return codes.get(value, value)


def _repaired(geometry: BaseGeometry | None) -> tuple[BaseGeometry | None, bool]:
    """The geometry, and whether it had to be made valid; only areas are repaired."""
    if geometry is None or geometry.is_valid or geometry.geom_type not in _POLYGONS:
        return geometry, False
    return shapely.make_valid(geometry, method="structure", keep_collapsed=False), True


def _inside(geometry: BaseGeometry | None) -> BaseGeometry | None:
    if geometry is None or geometry.is_empty or not np.isfinite(geometry.bounds).all():
        return None
    return geometry.representative_point()
