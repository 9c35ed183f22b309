"""The axis 一轴 as a tapering ribbon through its nodes; schematic."""

from gis.layer import Field, Geometry, Layer, Recognise, Theme, Type, Value
from gis.symbol import Fill, Stroke

LAYER = Layer(
    id="axis",
    title="一轴",
    title_en="The axis",
    description="创新发展联动轴：沿有来源的节点连成渐窄的条带，示意，不示路线。",
    geometry=Geometry.POLYGON,
    theme=Theme.STRUCTURE,
    order=32,
    kinds=(Value("axis", "轴", "Axis"),),
    recognise=Recognise(endings=("联动轴", "发展轴")),
    fields=(Field("recipe", Type.TEXT, "作图方法", "Recipe"),),
    symbol=Fill("#e08e0b", opacity=0.38, outline=Stroke("#b87400", width=0.8), hatched=True),
    popup=("recipe",),
    label_zoom=8,
)
