"""Industry bases, featured bases and innovation clusters."""

from gis.layer import Geometry, Layer, Recognise, Theme, Value
from gis.symbol import Marker, Shape

LAYER = Layer(
    id="industry_bases",
    title="产业基地与集群",
    title_en="Industry bases",
    description="国家级与特色产业基地、创新型产业集群。",
    geometry=Geometry.POINT,
    theme=Theme.CARRIERS,
    order=60,
    kinds=(
        Value("national_base", "国家级产业基地", "National base", ("国家产业基地", "国家…基地")),
        Value("featured_base", "特色产业基地", "Featured base", ("特色产业基地", "基地")),
        Value("innovation_cluster", "创新型产业集群", "Innovation cluster", ("创新型产业集群",)),
        Value("demonstration_base", "示范基地", "Demonstration base", ("示范基地", "示范区")),
    ),
    recognise=Recognise(
        endings=(
            "产业基地",
            "生产基地",
            "特色产业基地",
            "示范基地",
            "创新基地",
            "研发基地",
            "产业化基地",
            "汽车示范区",
            "基地",
        ),
        never=("人才基地", "见习基地", "实训基地", "实践基地", "战略要地", "实验基地"),
    ),
    symbol=Marker("#9a5b2e", size=6, shape=Shape.HEXAGON),
    popup=("status", "level", "host"),
)
