"""`corridor import`: a user's file goes into a layer, or nothing changes; and out of it again."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from etl import read, run
from etl.importing import kept
from etl.importing.kept import Change, Kept
from etl.importing.options import Options
from etl.records import Rejected
from gis.database import Store
from gis.declare import Declared
from gis.errors import BadData, BadSettings
from gis.layer import Catalog

Advance = Callable[[int], None]


@dataclass(frozen=True)
class Imports:
    """Where imports are kept and what they are published with."""

    folder: Path
    store: Store
    catalog: Catalog
    declared: Sequence[Declared] = ()
    progress: run.Progress = run.silent
    advance: Advance = lambda _: None
    sources: Path = read.SOURCES

    def add(
        self, file: Path, layer: str, options: Options, look_up: kept.LookUp = lambda _: None
    ) -> run.Report | None:
        """Publish a version that has the rows of a file in a layer; a former file of its name there goes.

        None when exactly this has been imported before. Raises `BadData` with all rows that cannot be taken
        in unless these are to be skipped; then, and whatever else goes wrong, nothing has changed.
        """
        self.catalog[layer]
        _check(file)
        with kept.locked(self.folder):
            if _same(kept.kept(self.folder), file, layer, options):
                return None
            with kept.added(self.folder, file, layer, options, look_up) as change:
                return self._publish(change)

    def remove(self, name: str, layer: str = "") -> run.Report:
        """Publish a version without a file. Raises `NotFound`."""
        with kept.locked(self.folder), kept.removed(self.folder, name, layer) as change:
            return self._publish(change)

    def _publish(self, change: Change) -> run.Report:
        return run.build(
            self.store,
            self.catalog,
            folder=self.sources,
            declared=self.declared,
            imports=change.result,
            progress=self.progress,
            advance=self.advance,
            ready=change.apply,
        )


def _check(file: Path) -> None:
    if not file.is_file():
        raise BadData(str(file), "there is no such file")
    if not file.name.isprintable():
        raise BadData(repr(file.name), "expected a name that can be printed: rename the file")


def _same(known: Sequence[Kept], file: Path, layer: str, options: Options) -> bool:
    """Whether a file with these bytes was imported so already."""
    wanted = (file.name, layer, options)
    former = [one for one in known if (one.name, one.layer, one.options) == wanted]
    return bool(former) and former[0].sha256 == kept.digest(file)


@contextmanager
def reported(path: Path | None) -> Iterator[Callable[[Sequence[Rejected]], None]]:
    """Writes rejected rows to a file, those too that have stopped an import. Raises `BadSettings` for another
    ending than .csv and .json before anything is done."""
    if path is not None and path.suffix.lower() not in _REPORTS:
        raise BadSettings("report", path.name, f"a file that ends in {' or '.join(_REPORTS)}")

    def write(rejected: Sequence[Rejected]) -> None:
        if path is not None:
            _REPORTS[path.suffix.lower()](path, [_entry(one) for one in rejected])

    try:
        yield write
    except run.RowsRejected as error:
        write(error.rejected)
        raise


def _entry(one: Rejected) -> dict[str, str]:
    came = one.row.values.get(one.column)
    return {
        "where": one.row.where,
        "column": one.column,
        "value": "" if came is None else str(came),
        "expected": one.expected,
    }


def _to_csv(path: Path, entries: Sequence[Mapping[str, str]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as opened:
        rows = csv.DictWriter(opened, ["where", "column", "value", "expected"])
        rows.writeheader()
        # What a spreadsheet would take for a formula begins with a quotation mark here.
        rows.writerows(
            {k: f"'{v}" if v.startswith(("=", "+", "-", "@")) else v for k, v in one.items()}
            for one in entries
        )


def _to_json(path: Path, entries: Sequence[Mapping[str, str]]) -> None:
    path.write_text(json.dumps(entries, ensure_ascii=False, indent=1), "utf-8")


_REPORTS: Mapping[str, Callable[[Path, Sequence[Mapping[str, str]]], None]] = {
    ".csv": _to_csv,
    ".json": _to_json,
}
