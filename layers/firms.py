"""Firms that the plans name as bearers of a task."""

from gis.layer import Geometry, Layer, Recognise, Theme, Value
from gis.symbol import Marker, Shape

LAYER = Layer(
    id="firms",
    title="承担企业",
    title_en="Firms named as bearers",
    description="规划文件作为承担者点名的企业。",
    geometry=Geometry.POINT,
    theme=Theme.CARRIERS,
    order=56,
    kinds=(Value("firm", "企业", "Firm", ("有限公司", "集团", "公司")),),
    recognise=Recognise(
        endings=("公司", "集团"),
        never=("研究所（公司", "公司债", "投资基金"),
    ),
    symbol=Marker("#8a7a66", size=5, shape=Shape.CIRCLE),
    popup=("status", "level", "host"),
)
