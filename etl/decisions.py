"""What people have decided about what was found: rejected names, remarks on reviewed places; with reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from etl import read
from etl.lexicon import Lexicon
from etl.mentions import Candidate
from etl.records import Row
from gis.errors import BadData
from gis.frozen import FrozenMapping

_REJECTED = ("name", "source", "reason")
_DECISIONS = ("key", "document", "field", "reason")


@dataclass(frozen=True)
class Rejection:
    """A name that is no place of the map. `documents` are those in which it was seen and judged."""

    name: str
    documents: frozenset[str]
    reason: str


@dataclass(frozen=True)
class Decisions:
    """The decisions by spelling of the name, and those about a field of a reviewed place in a document."""

    rejected: Mapping[str, Rejection]
    settled: Mapping[tuple[str, str, str], str]

    def rejection(self, candidate: Candidate, words: Lexicon) -> Rejection | None:
        """The decision against a candidate, None when there is none."""
        found = (self.rejected.get(words.comparable(name)) for name in candidate.names)
        return next((one for one in found if one), None)

    def is_settled(self, key: str, document: str, field: str) -> bool:
        """Whether a difference between a document and a reviewed place has been looked at."""
        return (key, document, field) in self.settled


def decisions(folder: Path, words: Lexicon) -> Decisions:
    """The decisions kept in `rejected.csv` and `decisions.csv` of a folder; either may be absent.

    Raises `BadData` for a decision without a reason.
    """
    rejected: dict[str, Rejection] = {}
    for row in _rows(folder / "rejected.csv", _REJECTED):
        name, sources = str(row.values["name"]), str(row.values["source"])
        seen = frozenset(source.partition("#")[0] for source in sources.split("|") if source)
        rejected[words.comparable(name)] = Rejection(name, seen, str(row.values["reason"]))
    settled = {
        (str(row.values["key"]), str(row.values["document"]), str(row.values["field"])): str(
            row.values["reason"]
        )
        for row in _rows(folder / "decisions.csv", _DECISIONS)
    }
    return Decisions(FrozenMapping(rejected), FrozenMapping(settled))


def _rows(file: Path, columns: tuple[str, ...]) -> tuple[Row, ...]:
    rows = tuple(read.table(file, columns)) if file.exists() else ()
    for row in rows:
        if not str(row.values["reason"]).strip():
            raise BadData(row.where, "reason='': expected why it was decided so")
    return rows
