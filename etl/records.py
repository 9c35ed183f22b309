"""What a datum is on its way from a text file to the store: a row, a feature, or rejected with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum

from shapely.geometry.base import BaseGeometry

from gis.frozen import FrozenMapping


@dataclass(frozen=True)
class Row:
    """One record of a source: where it stands, its values by field, its geometry where the source has one.

    Values from a CSV file are texts; those of other sources have the types of the source. When `sited`,
    the values lon, lat and precision tell the place instead of a geometry.
    """

    where: str
    values: Mapping[str, object]
    geometry: BaseGeometry | None = None
    sited: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", FrozenMapping(self.values))


@dataclass(frozen=True)
class Rejected:
    """A row that cannot be taken in: which column, and what was expected there."""

    row: Row
    column: str
    expected: str

    @property
    def reason(self) -> str:
        """One line: file, row, column, the value that came, and what was expected."""
        came = _shown(self.row.values.get(self.column))
        return f"{self.row.where}: {self.column}={came}: expected {self.expected}"


def _shown(value: object) -> str:
    text = "(none)" if value is None else repr(value if isinstance(value, (str, int, float)) else str(value))
    return text if len(text) <= 80 else f"{text[:76]}…{text[0]}"


class DocumentKind(StrEnum):
    """What a source is: a plan, another publication of a government, a set of data."""

    PLAN = "plan"
    NOTICE = "notice"
    DATASET = "dataset"


@dataclass(frozen=True)
class Document:
    """A source that features name as `id#section`.

    `date_precision` is "year" when the document does not state its day: `date` is then the year's end.
    The date of a set of data is that of its version, or the day on which it was taken.
    `sha256` is of the text that was read, "" where none is kept.
    """

    id: str
    title: str
    issuer: str
    date: date
    date_precision: str
    kind: DocumentKind
    sha256: str = ""


class Severity(StrEnum):
    """Whether what was found must be repaired before the data are published."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """Something that a check found in the data; `key` and `field` are "" when it is about a whole layer."""

    severity: Severity
    layer: str
    key: str
    field: str
    message: str

    def __str__(self) -> str:
        where = "/".join(part for part in (self.layer, self.key) if part)
        return f"{self.severity}: {where}: {self.field}: {self.message}"

    def as_dict(self) -> dict[str, str]:
        """The finding as plain texts, for JSON."""
        return {name: str(value) for name, value in asdict(self).items()}
