"""XLSX: a sheet for each layer, its fields with their types, texts that stay texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from gis.errors import BadData
from gis.layer import Type
from webmap.files.content import File, heads, is_formula, row

_MOST_ROWS, _MOST_CHARACTERS = 1_048_576, 32_767
_EXACT = 2**53  # whole numbers up to here are themselves in a spreadsheet


def workbook(files: Sequence[File], path: Path) -> None:
    """A workbook. Raises `BadData` for what has no room in one: nothing is cut."""
    book = Workbook(write_only=True)
    for file in files:
        sheet = book.create_sheet(file.name[:31])
        sheet.append(heads(file))
        for number, cells in enumerate(_rows(file, sheet), start=2):
            if number > _MOST_ROWS:
                raise BadData(
                    file.layer.id, f"a sheet has room for {_MOST_ROWS:,} rows; choose .csv or .gpkg"
                )
            sheet.append(cells)
    book.save(path)


def _rows(file: File, sheet: Any) -> Iterator[list[object]]:
    kinds = [Type.INTEGER, *(field.type for field in file.fields)]
    for batch in file.batches():
        for feature in batch:
            values = list(row(file, feature))
            typed = [*kinds, *([Type.TEXT] * (len(values) - len(kinds)))]
            where = f"{file.layer.id}, feature {feature['id']}"
            yield [_cell(sheet, kind, value, where) for kind, value in zip(typed, values, strict=True)]


def _cell(sheet: Any, kind: Type, value: object, where: str) -> object:
    if isinstance(value, str) and kind is Type.DATE:
        return date.fromisoformat(value)
    if isinstance(value, str) and kind is Type.DATETIME:
        return datetime.fromisoformat(value)
    if isinstance(value, int) and abs(value) > _EXACT:
        value = str(value)
    return _text(sheet, value, where) if isinstance(value, str) else value


def _text(sheet: Any, text: str, where: str) -> object:
    """A cell that holds a text and says so, whatever it begins with."""
    if len(text) > _MOST_CHARACTERS:
        raise BadData(where, f"a cell has room for {_MOST_CHARACTERS:,} characters; choose .csv or .gpkg")
    if not is_formula(text):
        return ILLEGAL_CHARACTERS_RE.sub(" ", text)
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub(" ", text))
    cell.data_type, cell.quotePrefix = "s", True
    return cell
