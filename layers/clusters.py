"""The clusters 多组团, and the cores, poles and nodes of the cities' own layouts; schematic."""

from gis.layer import Field, Geometry, Layer, Recognise, Theme, Type, Value
from gis.symbol import ByValue, Fill, Stroke

LAYER = Layer(
    id="clusters",
    title="组团、极与节点",
    title_en="Clusters, poles and nodes",
    description="多组团，以及各市布局中的核、极与节点；由其节点作圆滑外包，示意，不示边界。",
    geometry=Geometry.POLYGON,
    theme=Theme.STRUCTURE,
    order=30,
    kinds=(
        Value("cluster", "组团", "Cluster", ("组团",)),
        Value("core", "城市核心", "Core of a city", ("核",)),
        Value("pole", "极", "Pole", ("极", "增长极")),
        Value("node", "节点", "Node", ("节点",)),
    ),
    recognise=Recognise(endings=("组团", "增长极", "创新极")),
    fields=(Field("recipe", Type.TEXT, "作图方法", "Recipe"),),
    symbol=ByValue(
        "kind",
        {
            "cluster": Fill("#7a5195", opacity=0.20, outline=Stroke("#5f3d78", width=1.2), hatched=True),
            "core": Fill("#a05195", opacity=0.22, outline=Stroke("#7d3c74", width=1), hatched=True),
        },
        other=Fill("#d45087", opacity=0.20, outline=Stroke("#a83a69", width=0.8), hatched=True),
    ),
    popup=("city", "recipe"),
    label_zoom=9,
)
