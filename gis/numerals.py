"""Numbers → a column of their texts as JSON has them, without an object for each."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_SCALE = 1e8
_LEAST, _MOST = 1e-3, 2**53 / _SCALE  # what is smaller or larger may be written with an exponent


def texts(numbers: np.ndarray) -> Any:
    """The shortest text that reads as each number, as Python has it."""
    size = np.abs(numbers)
    within = (size < _MOST) & ((size >= _LEAST) | (size == 0))
    units = np.rint(np.where(within, size, 0) * _SCALE)
    # Division rounds correctly: what it gives back is a decimal of at most 16 digits, and that its shortest text.
    plain = within & (units / _SCALE == size)
    written = pa.array(numbers).cast(pa.string())
    whole = plain & (np.floor(size) == size)
    if whole.any():
        written = pc.if_else(pa.array(whole), pc.binary_join_element_wise(written, "0", "."), written)
    if plain.all():
        return written
    return pc.replace_with_mask(
        written, pa.array(~plain), pa.array(_one_by_one(numbers[~plain]), pa.string())
    )


def _one_by_one(numbers: np.ndarray) -> list[str]:
    """Those that have more than eight decimals, are tiny or very large: there are several ways to write these."""
    return [json.dumps(number, allow_nan=False) for number in numbers.tolist()]
