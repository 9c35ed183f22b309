"""Science, industry, agriculture and logistics parks."""

from gis.layer import Geometry, Layer, Recognise, Theme, Value
from gis.symbol import Marker, Shape

LAYER = Layer(
    id="parks",
    title="产业园区",
    title_en="Parks",
    description="科技园、产业园、农业科技园区与物流园。",
    geometry=Geometry.POINT,
    theme=Theme.CARRIERS,
    order=62,
    kinds=(
        Value("science_park", "科技园", "Science park", ("科技园", "科创园")),
        Value("university_science_park", "大学科技园", "University science park", ("大学科技园",)),
        Value("industrial_park", "产业园", "Industrial park", ("产业园", "工业园")),
        Value("agricultural_park", "农业科技园区", "Agricultural park", ("农业科技园",)),
        Value("logistics_park", "物流园", "Logistics park", ("物流园",)),
    ),
    recognise=Recognise(
        endings=("产业园", "产业园区", "科技园", "科技园区", "工业园", "工业园区", "示范园", "创新园", "经济园", "经济园区", "物流园", "物流园区", "化工园", "生物城", "软件园", "科创园", "科技城", "合作园区", "智谷", "创谷", "创新谷", "大厦", "园区"),
        never=("各园区", "产业园链", "大学科技园区"),
    ),
    symbol=Marker("#d98e23", size=6, shape=Shape.CIRCLE),
    popup=("status", "level", "host"),
)
