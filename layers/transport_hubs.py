"""Airports, ports, stations and logistics hubs."""

from gis.layer import Geometry, Layer, Recognise, Theme, Value
from gis.symbol import Marker, Shape

LAYER = Layer(
    id="transport_hubs",
    title="交通枢纽",
    title_en="Transport hubs",
    description="机场、港口、铁路与物流枢纽。",
    geometry=Geometry.POINT,
    theme=Theme.SERVICES,
    order=68,
    kinds=(
        Value("airport", "机场", "Airport", ("机场",)),
        Value("port", "港口", "Port", ("港", "码头")),
        Value(
            "railway_station",
            "铁路枢纽",
            "Railway station",
            ("火车站", "高铁站", "货运站", "东站", "西站", "南站", "北站"),
        ),
        Value("logistics_hub", "物流枢纽", "Logistics hub", ("物流枢纽", "货运枢纽", "枢纽", "集结中心")),
    ),
    recognise=Recognise(
        endings=(
            "机场",
            "新港",
            "国际港",
            "码头",
            "枢纽",
            "火车站",
            "高铁站",
            "货运站",
            "东站",
            "西站",
            "南站",
            "北站",
            "集结中心",
        ),
        never=("枢纽城", "枢纽经济", "枢纽功能", "枢纽节点", "枢纽链接"),
    ),
    symbol=Marker("#37474f", size=9, shape=Shape.DIAMOND),
    popup=("status", "level", "host"),
)
