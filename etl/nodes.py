"""The nodes that recipes refer to: placed features, towns of the gazetteer, districts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from etl.areas import Areas
from etl.structure import Node
from gis.adcodes import CITIES, DISTRICTS
from gis.feature import Feature


class Nodes:
    """Finds `place:KEY`, `town:NAME@ADCODE` and `district:ADCODE`.

    A place that is marked internal is not found: a shape would give away where it is.
    """

    def __init__(
        self, places: Iterable[Feature], towns: Mapping[str, tuple[float, float]], areas: Areas
    ) -> None:
        self._places = {
            str(one.properties["key"]): one for one in places if one.properties["visibility"] == "public"
        }
        self._towns, self._areas = towns, areas

    def find(self, reference: str) -> Node | None:
        """The node of a reference, None when there is none."""
        sort, _, name = reference.partition(":")
        finder = {"place": self._place, "town": self._town, "district": self._district}.get(sort)
        return finder(reference, name) if finder else None

    def _place(self, reference: str, key: str) -> Node | None:
        feature = self._places.get(key)
        if feature is None or feature.geometry is None:
            return None
        point = feature.geometry.representative_point()
        return Node(reference, str(feature.properties["name"]), point.x, point.y)

    def _town(self, reference: str, name: str) -> Node | None:
        point = self._towns.get(name)
        return point and Node(reference, name.partition("@")[0], *point)

    def _district(self, reference: str, code: str) -> Node | None:
        names = {**CITIES, **DISTRICTS}.get(int(code)) if code.isdecimal() else None
        if names is None or int(code) not in self._areas:
            return None
        spot = self._areas.spot(int(code))
        return Node(reference, names[0], spot.lon, spot.lat)
