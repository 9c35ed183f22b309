"""The core 一核 as rings of the stated areas; schematic."""

from gis.layer import Field, Geometry, Layer, Recognise, Theme, Type, Value
from gis.symbol import ByValue, Fill, Stroke

LAYER = Layer(
    id="core",
    title="一核",
    title_en="The core",
    description="东湖科学城创新极核：以公布的面积画成同心圈层，示意，不示边界。",
    geometry=Geometry.POLYGON,
    theme=Theme.STRUCTURE,
    order=34,
    kinds=(
        Value("planned_area", "规划面积", "Planned area"),
        Value("coordinated_area", "统筹面积", "Coordinated area"),
        Value("extended_area", "拓展面积", "Extended area"),
    ),
    recognise=Recognise(endings=("创新极核",)),
    fields=(
        Field("area_km2", Type.NUMBER, "公布面积", "Stated area", unit="km2"),
        Field("recipe", Type.TEXT, "作图方法", "Recipe"),
    ),
    symbol=ByValue(
        "kind",
        {
            "planned_area": Fill("#c0392b", opacity=0.30, outline=Stroke("#a93226", width=1.2), hatched=True),
            "coordinated_area": Fill(
                "#d9604f", opacity=0.20, outline=Stroke("#c0392b", width=0.8, dash=(4, 3))
            ),
        },
        other=Fill("#e58d7f", opacity=0.15, outline=Stroke("#c0392b", width=0.6, dash=(2, 3))),
    ),
    popup=("area_km2", "recipe"),
    label_zoom=8,
)
