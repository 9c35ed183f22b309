"""The geometries of many features at once: positions where all are points, which need no object for each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from gis import copying, numerals
from gis.tile import MAX_LATITUDE, anchors, projected, to_metres

_POINT, _END = '{"type":"Point","coordinates":[', "]}"
_NULL = "null"


class Shapes(ABC):
    """Geometries in a fixed order, None where there is no place."""

    @staticmethod
    def of(geometries: np.ndarray) -> Shapes:
        """Shapely's objects in the form that suits them."""
        if (shapely.get_type_id(geometries) == shapely.GeometryType.POINT).all():
            xy = shapely.get_coordinates(geometries)
            if len(xy) == len(geometries):
                return Points(xy)
        return Objects(geometries)

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def objects(self) -> np.ndarray:
        """Shapely's objects."""

    @abstractmethod
    def taken(self, places: np.ndarray) -> Shapes:
        """Some of them, in the order of their places."""

    @abstractmethod
    def wkb(self) -> Any:
        """The column of their well-known binary."""

    @abstractmethod
    def geojson(self) -> Any:
        """The column of their texts, `null` where there is no place."""

    @abstractmethod
    def bounds(self) -> np.ndarray:
        """West, south, east, north of each; NaN where there is no place."""

    @abstractmethod
    def projected(self) -> Shapes:
        """What of each (degrees, WGS-84) lies in the tile matrix, in its metres."""

    @abstractmethod
    def anchors(self) -> tuple[np.ndarray, np.ndarray]:
        """The first position of each that has one, and which have."""

    def then(self, others: Shapes) -> Shapes:
        """These and others after them."""
        return Shapes.of(np.concatenate((self.objects(), others.objects())))


class Points(Shapes):
    """A position for each."""

    def __init__(self, xy: np.ndarray) -> None:
        self._xy = xy

    def __len__(self) -> int:
        return len(self._xy)

    def objects(self) -> np.ndarray:
        made: np.ndarray = shapely.points(self._xy)
        return made

    def taken(self, places: np.ndarray) -> Shapes:
        return Points(self._xy[places])

    def wkb(self) -> Any:
        return copying.points(self._xy)

    def geojson(self) -> Any:
        x, y = (numerals.texts(np.ascontiguousarray(values)) for values in self._xy.T)
        return pc.binary_join_element_wise(_POINT, x, ",", y, _END, "")

    def bounds(self) -> np.ndarray:
        return np.hstack((self._xy, self._xy))

    def projected(self) -> Shapes:
        if np.abs(self._xy[:, 1]).max(initial=0) > MAX_LATITUDE:
            return Objects(projected(self.objects()))
        return Points(to_metres(self._xy))

    def anchors(self) -> tuple[np.ndarray, np.ndarray]:
        return self._xy, np.ones(len(self._xy), dtype=bool)


class Objects(Shapes):
    """Geometries of every kind."""

    def __init__(self, geometries: np.ndarray) -> None:
        self._geometries = geometries

    def __len__(self) -> int:
        return len(self._geometries)

    def objects(self) -> np.ndarray:
        return self._geometries

    def taken(self, places: np.ndarray) -> Shapes:
        return Objects(self._geometries[places])

    def wkb(self) -> Any:
        return pa.array(shapely.to_wkb(self._geometries), pa.binary())

    def geojson(self) -> Any:
        texts = pc.fill_null(pa.array(shapely.to_geojson(self._geometries), pa.string()), _NULL)
        positions = shapely.get_num_coordinates(self._geometries) == 1  # only points have one
        if not positions.any():
            return texts
        points = Points(shapely.get_coordinates(self._geometries[positions]))
        return pc.replace_with_mask(texts, pa.array(positions), points.geojson())

    def bounds(self) -> np.ndarray:
        found: np.ndarray = shapely.bounds(self._geometries)
        return found

    def projected(self) -> Shapes:
        return Objects(projected(self._geometries))

    def anchors(self) -> tuple[np.ndarray, np.ndarray]:
        return anchors(self._geometries), shapely.get_num_coordinates(self._geometries) > 0
