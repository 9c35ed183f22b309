"""A small world for the tests of the ETL: two square districts, one city, one layer of points."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path

import shapely

from etl import read
from etl.areas import Areas
from etl.records import Row
from gis.layer import Catalog, Field, Geometry, Layer, Recognise, Type, Value
from gis.symbol import Fill, Marker

WEST, EAST = 420111, 420115
SQUARES = {WEST: shapely.box(114.0, 30.0, 114.5, 30.5), EAST: shapely.box(114.5, 30.0, 115.0, 30.5)}

MILLS = Layer(
    id="mills",
    title="磨坊",
    geometry=Geometry.POINT,
    symbol=Marker("#335577"),
    kinds=(Value("wind", "风车"), Value("water", "水磨")),
    recognise=Recognise(endings=("磨坊",)),
    fields=(
        Field("stones", Type.INTEGER, "磨盘数"),
        Field("power", Type.NUMBER, "功率"),
        Field("open", Type.BOOLEAN, "开放"),
        Field("built_on", Type.DATE, "建成"),
        Field("seen", Type.DATETIME, "巡查"),
    ),
)
RINGS = Layer(
    id="rings",
    title="圈",
    geometry=Geometry.POLYGON,
    symbol=Fill("#335577"),
    fields=(Field("area_km2", Type.NUMBER, "面积"), Field("recipe", Type.TEXT, "作图方法")),
)
DISTRICTS = Layer(
    id="districts",
    title="区县",
    geometry=Geometry.POLYGON,
    symbol=Fill("#557733"),
    fields=(Field("area_km2", Type.NUMBER, "面积"),),
)
CATALOG = Catalog((MILLS, RINGS, DISTRICTS))

MILL: Mapping[str, str] = {
    "id": "1",
    "key": "east-mill",
    "name": "东磨坊",
    "kind": "wind",
    "city": "420100",
    "district": str(EAST),
    "lon": "114.75",
    "lat": "30.25",
    "precision": "site",
    "position_source": "curated",
    "source": "plan-1#一",
    "as_of": "2021-12-31",
    "visibility": "public",
}
REGISTRY = """
[[document]]
id = "plan-1"
title = "规划"
issuer = "某市"
date = 2021-12-31
date_precision = "year"
kind = "plan"

[[document]]
id = "recipe-nodes"
title = "节点"
issuer = "本项目"
date = 2022-01-01
date_precision = "day"
kind = "dataset"

[[document]]
id = "squares"
title = "方块"
issuer = "本项目"
date = 2022-01-01
date_precision = "day"
kind = "dataset"
"""
BOUNDARIES = """
[districts]
precision = "street"
radius_m = 500
position_source = "方块界线"
source = "squares#1"
visibility = "public"
"""
STRUCTURE = """
[[shape]]
layer = "rings"
id = 1
key = "ring-1"
name = "圈一"
area_km2 = 30
sources = ["plan-1#二"]
recipe = { method = "ring", area_km2 = 30, nodes = ["place:east-mill"] }
"""


def areas() -> Areas:
    """The two squares."""
    return Areas(SQUARES, "方块界线")


def mill(**changes: object) -> Row:
    """A row of MILLS as it comes from a CSV file."""
    values = {**dict.fromkeys(read.columns(MILLS), ""), **MILL, **changes}
    return Row("places/mills.csv, line 2", values, sited=True)


def write_mills(file: Path, *rows: Mapping[str, str]) -> None:
    """A CSV file of MILLS."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, read.columns(MILLS), restval="")
        writer.writeheader()
        writer.writerows(rows)


def world(folder: Path, *rows: Mapping[str, str], structure: str = STRUCTURE) -> Path:
    """A folder of sources: districts, mills, a ring, the registry. Returns the folder to build from."""
    sources = folder / "sources"
    (sources / "base").mkdir(parents=True)
    (folder / "gazetteer").mkdir()
    (folder / "gazetteer" / "seats.csv").write_text("name_zh,district,lon,lat,evidence\n", encoding="utf-8")
    (folder / "gazetteer" / "localities.csv").write_text(
        "name_zh,aliases,district,lon,lat,precision,radius_m,evidence\n", encoding="utf-8"
    )
    (folder / "gazetteer" / "towns.csv").write_text(
        "name_zh,district,lon,lat\n东镇,420115,114.8,30.3\n", "utf-8"
    )
    (sources / "registry.toml").write_text(REGISTRY, "utf-8")
    (sources / "boundaries.toml").write_text(BOUNDARIES, "utf-8")
    (sources / "structure.toml").write_text(structure, "utf-8")
    (sources / "base" / "districts.geojson").write_text(json.dumps(_collection()), "utf-8")
    write_mills(sources / "places" / "mills.csv", *(rows or (MILL,)))
    return sources


def _collection() -> dict[str, object]:
    features = [
        {
            "type": "Feature",
            "properties": {"adcode": code, "name_zh": str(code), "name_en": f"District {code}"},
            "geometry": json.loads(shapely.to_geojson(square)),
        }
        for code, square in SQUARES.items()
    ]
    return {"type": "FeatureCollection", "features": features}
