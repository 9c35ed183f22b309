"""Innovation, engineering and technology centres."""

from gis.layer import Geometry, Layer, Recognise, Theme, Value
from gis.symbol import Marker, Shape

LAYER = Layer(
    id="innovation_centres",
    title="创新中心",
    title_en="Innovation centres",
    description="制造业、技术、产业创新中心与工程研究中心。",
    geometry=Geometry.POINT,
    theme=Theme.INNOVATION,
    order=70,
    kinds=(
        Value(
            "manufacturing_innovation_centre",
            "制造业创新中心",
            "Manufacturing innovation centre",
            ("制造业创新中心", "国家…创新中心"),
        ),
        Value(
            "technology_innovation_centre", "技术创新中心", "Technology innovation centre", ("技术创新中心",)
        ),
        Value(
            "industrial_innovation_centre", "产业创新中心", "Industrial innovation centre", ("产业创新中心",)
        ),
        Value(
            "engineering_research_centre",
            "工程(技术)研究中心",
            "Engineering research centre",
            ("工程研究中心", "工程技术研究中心", "工程技术中心", "工程实验室"),
        ),
        Value(
            "enterprise_technology_centre", "企业技术中心", "Enterprise technology centre", ("企业技术中心",)
        ),
        Value("frontier_science_centre", "前沿科学中心", "Frontier science centre", ("前沿科学中心",)),
        Value(
            "innovation_centre",
            "其他创新中心",
            "Other innovation centre",
            ("创新中心", "研究中心", "科学中心", "数学中心", "合作中心"),
        ),
    ),
    recognise=Recognise(
        endings=("创新中心", "研究中心", "工程技术中心", "技术中心", "科学中心", "数学中心", "合作中心"),
        never=("国家研究中心",),
    ),
    symbol=Marker("#00795c", size=7, shape=Shape.TRIANGLE),
    popup=("status", "level", "host"),
)
