"""What is learnt of a layer's features while they are stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gis.block import Block
from gis.feature import Bbox, Interval
from gis.shapes import Shapes

_BLANK = 0  # stands for a day that is not known
_ORDINAL_1970 = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Survey:
    """Some features, each a place in these arrays: id, whether it is public, bounds (degrees, WGS-84; NaN
    where there are none), day (proleptic ordinal). `anchors` (metres of the tile matrix) and `drawn`, the
    publicity of each anchor, have those alone that a tile can show."""

    ids: np.ndarray
    public: np.ndarray
    bounds: np.ndarray
    days: np.ndarray
    anchors: np.ndarray
    drawn: np.ndarray

    @classmethod
    def of(cls, block: Block, metres: Shapes) -> Survey:
        """The survey of features whose geometries in the tile matrix are these."""
        public = pc.equal(block.columns["visibility"], "public").to_numpy(zero_copy_only=False)
        anchors, drawn = metres.anchors()
        return cls(
            block.ids, public, block.shapes.bounds(), _days(block.columns["as_of"]), anchors, public[drawn]
        )

    @classmethod
    def joined(cls, surveys: Sequence[Survey]) -> Survey:
        """The survey of all that some surveys are of."""
        columns = zip(*(vars(survey).values() for survey in surveys), strict=True)
        return cls(*map(np.concatenate, columns))

    def shown(self, internal: bool) -> np.ndarray:
        """Which features are shown to those who may see what is internal, or to all."""
        return np.ones_like(self.public) if internal else self.public

    def extent(self, internal: bool) -> Bbox | None:
        """The box around what is shown, None when nothing has a place."""
        bounds = self.bounds[self.shown(internal)]
        placed = bounds[~np.isnan(bounds[:, 0])]
        if not len(placed):
            return None
        return Bbox(*placed[:, :2].min(axis=0).tolist(), *placed[:, 2:].max(axis=0).tolist())

    def interval(self, internal: bool) -> Interval | None:
        """From the first day to the last of what is shown, None when no day is known."""
        days = self.days[self.shown(internal)]
        known = days[days != _BLANK]
        if not len(known):
            return None
        return Interval(date.fromordinal(int(known.min())), date.fromordinal(int(known.max())))

    def marks(self, internal: bool, step: int) -> list[int]:
        """Every so many-th id of what is shown, in order, from the first on."""
        marked: list[int] = np.sort(self.ids[self.shown(internal)])[::step].tolist()
        return marked


def _days(column: Any) -> np.ndarray:
    """Days of Arrow as ordinals."""
    known = column.cast(pa.int32()).is_valid().to_numpy(zero_copy_only=False)
    days: np.ndarray = column.cast(pa.int32()).fill_null(0).to_numpy() + _ORDINAL_1970
    return np.where(known, days, _BLANK)
