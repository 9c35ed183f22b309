"""The belts: the corridor's three and those of the cities' own layouts; schematic."""

from gis.layer import Field, Geometry, Layer, Recognise, Theme, Type, Value
from gis.symbol import ByValue, Fill, Stroke

LAYER = Layer(
    id="belts",
    title="三带及各市发展带",
    title_en="Belts",
    description="走廊三条产业带与各市布局中的发展带；一律示意：有节点来源的连其节点，走向无来源的注明，连节点也无的不画。",
    geometry=Geometry.POLYGON,
    theme=Theme.STRUCTURE,
    order=31,
    kinds=(
        Value("corridor_belt", "走廊产业带", "Belt of the corridor", ("产业带",)),
        Value("city_belt", "城市发展带", "Belt of a city", ("发展带",)),
    ),
    recognise=Recognise(endings=("产业带", "发展带", "创新带")),
    fields=(
        Field(
            "route",
            Type.TEXT,
            "走向依据",
            "Basis of the route",
            values=(
                Value("documented", "文件给出节点", "Nodes given by a document"),
                Value(
                    "inferred",
                    "走向无公布来源,仅按点名的产业节点示意",
                    "No published route: nodes of the industry only",
                ),
                Value("unknown", "无来源,未绘制", "No source: not drawn"),
            ),
        ),
        Field("recipe", Type.TEXT, "作图方法", "Recipe"),
    ),
    symbol=ByValue(
        "kind",
        {
            "corridor_belt": Fill(
                "#4a6fa5", opacity=0.16, outline=Stroke("#4a6fa5", width=0.8, dash=(2, 3)), hatched=True
            )
        },
        other=Fill("#2f8f83", opacity=0.20, outline=Stroke("#2f8f83", width=0.8), hatched=True),
    ),
    popup=("city", "route", "recipe"),
    label_zoom=9,
)
