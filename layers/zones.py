"""High-tech zones and functional districts."""

from gis.layer import Geometry, Layer, Recognise, Theme, Value
from gis.symbol import Marker, Shape

LAYER = Layer(
    id="zones",
    title="高新区与功能区",
    title_en="High-tech zones and functional districts",
    description="高新区、开发区、保税区、新城与功能区(以代表点示位,不示范围)。",
    geometry=Geometry.POINT,
    theme=Theme.CARRIERS,
    order=78,
    kinds=(
        Value(
            "national_high_tech_zone",
            "国家级高新区",
            "National high-tech zone",
            ("国家高新区", "国家级高新区"),
        ),
        Value("provincial_high_tech_zone", "省级高新区", "Provincial high-tech zone", ("省级高新区",)),
        Value(
            "economic_development_zone",
            "经济开发区",
            "Economic development zone",
            ("经济技术开发区", "经济开发区"),
        ),
        Value("bonded_zone", "综合保税区", "Comprehensive bonded zone", ("综合保税区", "综保区")),
        Value("free_trade_zone", "自贸片区", "Free trade zone", ("自贸区", "自贸片区")),
        Value("airport_economic_zone", "临空经济区", "Airport economic zone", ("临空经济区", "临空区")),
        Value("new_city", "新城/新区", "New city", ("新城", "新区")),
        Value("functional_district", "功能区", "Functional district", ("功能区", "示范区", "集聚区")),
    ),
    recognise=Recognise(
        endings=("高新区", "开发区", "经开区", "综合保税区", "综保区", "保税区", "自贸区", "自主创新示范区", "片区", "经济区", "新城", "新区", "功能区", "都市区", "风景区", "示范区", "集聚区", "创新区", "示范城", "教育城", "航空港", "试验区", "东湖高新"),
        never=("示范区建设领导", "各区", "社区", "校区", "县区", "城区首位", "经济区委", "新区域"),
    ),
    symbol=Marker("#c4621d", size=9, shape=Shape.SQUARE),
    popup=("status", "level", "host"),
)
