"""Supercomputing, AI computing and data centres."""

from gis.layer import Geometry, Layer, Recognise, Theme, Value
from gis.symbol import Marker, Shape

LAYER = Layer(
    id="computing_centres",
    title="算力与数据中心",
    title_en="Computing and data centres",
    description="超算、智算与大数据中心。",
    geometry=Geometry.POINT,
    theme=Theme.RESEARCH,
    order=72,
    kinds=(
        Value("supercomputing_centre", "超算中心", "Supercomputing centre", ("超算中心", "超级计算中心")),
        Value("ai_computing_centre", "智算中心", "AI computing centre", ("人工智能计算中心", "智算中心")),
        Value("data_centre", "数据中心", "Data centre", ("数据中心",)),
    ),
    recognise=Recognise(
        endings=("超算中心", "超级计算中心", "计算中心", "智算中心", "数据中心"),
        never=("数据中心库",),
    ),
    symbol=Marker("#5b5ea6", size=8, shape=Shape.PENTAGON),
    popup=("status", "level", "host"),
)
