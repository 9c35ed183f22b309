"""Tables that have lost their rules: cells after tabs, rows in one line, one cell a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from etl.text.characters import plain

# A figure of a row printed in one line, with the words that belong to it: "年均增速 14", "＞8".
_FIGURE = r"(?:[^\s\d（）()]{2,6} )?[＞≥<>≤约-]?\d[\d.,]*[%％]?"
_PRINTED_ROW = re.compile(rf"\s*(\d{{1,3}}) (\S.*?) ({_FIGURE}) ({_FIGURE})\s*")
_PRINTED_HEAD = re.compile(r"\s*(序号|编号)\s+\S+.*\s\S+\s+\S+\s*")
_SERIAL_HEAD = ("序号", "编号")
_SHORT = 36
_STOPS = re.compile(r"[。；！？]")


def regions(lines: Sequence[str]) -> list[list[int]]:
    """The indices of the lines of each table, in order; lines of no table are in none."""
    found = [*_tabbed(lines), *_printed(lines), *_listed(lines)]
    return sorted(found)


def rows(lines: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The rows of a table that `regions` has found."""
    if lines[0].startswith("\t"):
        return tuple(_tabbed_rows(lines))
    if _PRINTED_HEAD.fullmatch(lines[0]):
        return tuple(_printed_rows(lines))
    return tuple(_listed_rows([plain(line) for line in lines if line.strip()]))


# --- cells after tabs, rows parted by an empty line ---------------------------------------------


def _tabbed(lines: Sequence[str]) -> Iterator[list[int]]:
    region: list[int] = []
    for at, line in enumerate(lines):
        cell = line.startswith("\t")
        continues = (
            bool(region)
            and not _two_empty(lines, at)
            and (cell or _inside_row(lines, at) or not line.strip())
        )
        if (cell and not region) or continues:
            region.append(at)
        elif region:
            yield from _table(lines, region)
            region = [at] if cell else []
    yield from _table(lines, region)


def _inside_row(lines: Sequence[str], at: int) -> bool:
    """Whether a line goes on with the cell above it."""
    return bool(lines[at].strip()) and bool(lines[at - 1].strip()) and not _STOPS.search(lines[at])


def _two_empty(lines: Sequence[str], at: int) -> bool:
    return (
        at > 0
        and not lines[at].strip()
        and not lines[at - 1].strip()
        and "\t" not in lines[at] + lines[at - 1]
    )


def _table(lines: Sequence[str], region: Sequence[int]) -> Iterator[list[int]]:
    """A region with at least two cells in some row; a frame around running text is no table."""
    kept = list(region)
    while kept and not lines[kept[-1]].strip():
        kept.pop()
    found = list(_tabbed_rows([lines[at] for at in kept]))
    if any(len(row) > 1 for row in found):
        yield kept


def _tabbed_rows(lines: Sequence[str]) -> Iterator[tuple[str, ...]]:
    row: list[str] = []
    for line in lines:
        if line.startswith("\t"):
            row.append(plain(line))
        elif line.strip() and row:
            row[-1] += plain(line)
        elif row:
            yield tuple(row)
            row = []
    if row:
        yield tuple(row)


# --- a row in each line, numbered ---------------------------------------------------------------


def _printed(lines: Sequence[str]) -> Iterator[list[int]]:
    for start, line in enumerate(lines):
        if not _PRINTED_HEAD.fullmatch(line):
            continue
        region, serial = [start], 0
        for at in range(start + 1, len(lines)):
            found = _PRINTED_ROW.fullmatch(lines[at])
            if found and int(found.group(1)) == serial + 1:
                region.append(at)
                serial += 1
        if serial:
            yield region


def _printed_rows(lines: Sequence[str]) -> Iterator[tuple[str, ...]]:
    yield tuple(plain(cell) for cell in lines[0].split())
    for line in lines[1:]:
        found = _PRINTED_ROW.fullmatch(line)
        if found:
            yield tuple(plain(cell) for cell in found.groups())


# --- one cell a line, rows by their serial numbers ----------------------------------------------


def _listed(lines: Sequence[str]) -> Iterator[list[int]]:
    at = 0
    while at < len(lines):
        if plain(lines[at]) not in _SERIAL_HEAD or lines[at].startswith("\t"):
            at += 1
            continue
        start, end = _while_cells(lines, at, -1), _while_cells(lines, at, 1)
        region = [i for i in range(start, end + 1) if lines[i].strip()]
        if any(row[0] == "1" for row in _listed_rows([plain(lines[i]) for i in region])):
            yield region
        at = end + 1


def _while_cells(lines: Sequence[str], at: int, step: int) -> int:
    last = at
    at += step
    while 0 <= at < len(lines) and (not lines[at].strip() or _is_cell(lines[at])):
        last = at if lines[at].strip() else last
        at += step
    return last


def _is_cell(line: str) -> bool:
    text = plain(line)
    heading = re.match(r"专栏|表\d|[一二三四五六七八九十]+、|（[一二三四五六七八九十]+）", text)
    return len(text) <= _SHORT and not _STOPS.search(text) and heading is None


def _listed_rows(cells: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The heads, then a row from each serial number to the next; a group's name is left of none."""
    starts = list(_serials(cells))
    if not starts:
        return
    yield tuple(cells[: starts[0]])
    width = min(b - a for a, b in zip(starts, [*starts[1:], len(cells)], strict=True))
    for start in starts:
        yield tuple(cells[start : start + width])


def _serials(cells: Sequence[str]) -> Iterator[int]:
    serial = 1
    for at, cell in enumerate(cells[:-1]):
        if cell == str(serial) and not re.fullmatch(r"[\d.%]+", cells[at + 1]):
            yield at
            serial += 1
