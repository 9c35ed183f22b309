"""CQL2 → SQLAlchemy: `parse` understands a filter, `condition` makes of it a condition on the rows of a layer.

What holds of OGC 21-065r2 is in `CONFORMANCE`. There are no arrays and no functions of ours.
"""

from __future__ import annotations

from gis.errors import BadParameter
from gis.expression import CRS84, Filter, check_size, refuse
from gis.filters import cql2_json, cql2_text
from gis.filters.sql import GEOMETRY, condition
from gis.geometry import code_of
from gis.layer import Layer

__all__ = ["CONFORMANCE", "GEOMETRY", "LANGUAGES", "MAX_LENGTH", "condition", "parse"]

MAX_LENGTH = 16_384  # characters

LANGUAGES = {"cql2-text": cql2_text.parse, "cql2-json": cql2_json.parse}

_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf"
CONFORMANCE = (
    f"{_CQL2}/cql2-text",
    f"{_CQL2}/cql2-json",
    f"{_CQL2}/basic-cql2",
    f"{_CQL2}/advanced-comparison-operators",
    f"{_CQL2}/case-insensitive-comparison",
    f"{_CQL2}/accent-insensitive-comparison",
    f"{_CQL2}/basic-spatial-functions",
    f"{_CQL2}/basic-spatial-functions-plus",
    f"{_CQL2}/spatial-functions",
    f"{_CQL2}/temporal-functions",
    f"{_CQL2}/property-property",
    f"{_CQL2}/arithmetic",
    # The name that drafts gave to basic-spatial-functions, and the one that QGIS asks for.
    f"{_CQL2}/basic-spatial-operators",
)


def parse(text: str, lang: str, layer: Layer, crs: str = CRS84) -> Filter:
    """The filter that a text means for a layer, its coordinates in a CRS (a URI). Raises `BadParameter`.

    What is parsed can be translated: properties, kinds and geometries have been checked.
    """
    if lang not in LANGUAGES:
        raise BadParameter("filter-lang", lang, f"one of {', '.join(LANGUAGES)}")
    code_of(crs, "filter-crs")
    if len(text) > MAX_LENGTH:
        refuse(text, f"at most {MAX_LENGTH} characters, not {len(text)}")
    root = LANGUAGES[lang](text)
    check_size(root)
    understood = Filter(root, crs)
    condition(understood, layer, "sqlite")
    return understood
