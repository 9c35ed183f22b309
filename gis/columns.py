"""What is asked of columns of Arrow, and texts joined along them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow.compute as pc

_FEW = 500  # rows by which it is told whether a column has few different values


def shared(column: Any) -> Any:
    """The value that all rows of a column hold (a scalar, null when they hold none), None when they differ."""
    if not len(column) or column.null_count not in (0, len(column)):
        return None
    first = column[0]
    if column.null_count:
        return first
    return first if column[-1] == first and pc.all(pc.equal(column, first)).as_py() else None


def is_varied(column: Any) -> bool:
    """Whether a column seems to have so many different values that to look at each of them does not pay."""
    some = column.slice(0, _FEW)
    return 2 * len(some.unique()) > len(some)


def joined(pieces: Iterable[Any]) -> Any:
    """The column whose rows are the pieces one after the other: texts of all rows, and columns of texts."""
    arguments: list[Any] = []
    constant = ""
    for piece in pieces:
        if isinstance(piece, str):
            constant += piece
            continue
        arguments += [constant, piece] if constant else [piece]
        constant = ""
    return pc.binary_join_element_wise(*arguments, constant, "")
