"""Big-science facilities and field observation stations."""

from gis.layer import Geometry, Layer, Recognise, Theme, Value
from gis.symbol import Marker, Shape

LAYER = Layer(
    id="science_facilities",
    title="重大科技基础设施",
    title_en="Big-science facilities",
    description="已建、在建、规划和争取的大科学装置。",
    geometry=Geometry.POINT,
    theme=Theme.RESEARCH,
    order=80,
    kinds=(
        Value(
            "science_facility",
            "重大科技基础设施",
            "Big-science facility",
            ("重大科技基础设施", "大科学装置", "设施", "装置", "光源", "中子源"),
        ),
        Value(
            "observation_station",
            "野外科学观测研究站",
            "Field observation station",
            ("野外科学观测研究站", "观测研究站", "野外试验中心"),
        ),
    ),
    recognise=Recognise(
        endings=("设施", "装置", "光源", "中子源", "观测研究站", "野外试验中心"),
        never=(
            "基础设施群",
            "设施农业",
            "公共设施",
            "基础设施建设",
            "配套设施",
            "仪器设施",
            "科研设施",
            "装置领域",
        ),
    ),
    symbol=Marker("#7b2d8b", size=10, shape=Shape.STAR),
    popup=("status", "level", "host"),
)
