"""Columns → the binary form in which PostgreSQL takes rows (COPY … WITH (FORMAT binary))."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gis.columns import shared

HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TAIL = b"\xff\xff"

_EPOCH_DAYS = 10_957  # from 1970-01-01, where Arrow counts from, to 2000-01-01, where PostgreSQL does
_EPOCH_US = _EPOCH_DAYS * 86_400_000_000
# Types that are whole numbers in other words: from where they count, and how PostgreSQL writes them.
_COUNTED = (
    (pa.bool_(), pa.uint8(), 0, "u1"),
    (pa.int32(), pa.int32(), 0, ">i4"),
    (pa.date32(), pa.int32(), _EPOCH_DAYS, ">i4"),
    (pa.timestamp("us"), pa.int64(), _EPOCH_US, ">i8"),
)
_COUNT = 2  # bytes before a row, which say how many columns it has
_NULL = b"\xff\xff\xff\xff"


def rows(columns: Sequence[Any]) -> Any:
    """The rows of the columns, each the bytes of a tuple."""
    pieces = [piece for column in columns for piece in _pieces(column)]
    count = len(columns).to_bytes(_COUNT, "big")
    return pc.binary_join_element_wise(*_merged([count, *pieces]), b"")


def body(encoded: Any) -> Any:
    """The bytes of rows one after the other."""
    ends, whole = parts(encoded)
    return whole[ends[0] : ends[-1]]


def parts(column: Any) -> tuple[np.ndarray, memoryview]:
    """The bytes of a column of texts or bytes one after the other, and where each begins; at last where they end."""
    _valid, offsets, data = column.buffers()
    if data is None:
        return np.zeros(len(column) + 1, dtype=np.int32), memoryview(b"")
    ends = np.frombuffer(offsets, dtype=np.int32)[column.offset : column.offset + len(column) + 1]
    return ends, memoryview(data)


def _merged(pieces: Sequence[Any]) -> Iterator[Any]:
    """The same with what all rows have in common joined together."""
    constant = b""
    for piece in pieces:
        if isinstance(piece, bytes):
            constant += piece
            continue
        if constant:
            yield constant
        yield piece
        constant = b""
    yield constant


def _pieces(column: Any) -> Iterator[Any]:
    """A column as a length of four bytes and the value; a missing one as the length -1 alone."""
    if len(column) > 1 and shared(column) is not None:
        (one,) = rows([column.slice(0, 1)]).to_pylist()
        yield one[_COUNT:]
    elif pa.types.is_string(column.type) or pa.types.is_binary(column.type):
        yield from _varying(column)
    else:
        made = _fixed(_numbers(column))
        yield pc.if_else(column.is_valid(), made, _NULL) if column.null_count else made


def _varying(column: Any) -> Iterator[Any]:
    lengths = pc.fill_null(pc.binary_length(column), -1).to_numpy(zero_copy_only=False)
    if len(lengths) and (lengths == lengths[0]).all():
        yield int(lengths[0]).to_bytes(4, "big", signed=True)
    else:
        yield _fixed(lengths.astype(">i4"))
    yield pc.fill_null(column.cast(pa.binary()), b"")


def _numbers(column: Any) -> np.ndarray:
    """The values, each behind its length."""
    for kind, whole, epoch, form in _COUNTED:
        if column.type == kind:
            return _behind_length(column.cast(whole).fill_null(0).to_numpy() - epoch, form)
    return _behind_length(
        column.fill_null(0).to_numpy(), ">f8" if pa.types.is_floating(column.type) else ">i8"
    )


def _behind_length(values: np.ndarray, form: str) -> np.ndarray:
    made = np.empty(len(values), dtype=[("length", ">i4"), ("value", form)])
    made["length"], made["value"] = np.dtype(form).itemsize, values
    return made


def _fixed(values: np.ndarray) -> Any:
    """Values of one size as a column of bytes."""
    size = values.dtype.itemsize
    offsets = pa.py_buffer(np.arange(0, (len(values) + 1) * size, size, dtype=np.int32))
    return pa.Array.from_buffers(
        pa.binary(), len(values), [None, offsets, pa.py_buffer(np.ascontiguousarray(values))]
    )


def points(xy: np.ndarray) -> Any:
    """Points as a column of WKB."""
    made = np.empty(len(xy), dtype=[("order", "u1"), ("kind", "<u4"), ("x", "<f8"), ("y", "<f8")])
    made["order"], made["kind"], made["x"], made["y"] = 1, 1, *xy.T
    return _fixed(made)
