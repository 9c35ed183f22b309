"""Research academies, institutes and new research institutions."""

from gis.layer import Geometry, Layer, Recognise, Theme, Value
from gis.symbol import Marker, Shape

LAYER = Layer(
    id="research_institutes",
    title="科研院所",
    title_en="Research institutes",
    description="科研院所与新型研发机构。",
    geometry=Geometry.POINT,
    theme=Theme.RESEARCH,
    order=74,
    kinds=(
        Value(
            "institute", "研究院所", "Institute", ("研究院", "研究所", "科学院", "水生所", "农科院", "导航院")
        ),
        Value(
            "new_research_institution",
            "新型研发机构",
            "New research institution",
            ("新型研发机构", "创新发展研究院"),
        ),
        Value(
            "industrial_technology_institute",
            "产业技术研究院",
            "Industrial technology institute",
            ("产业技术研究院", "工业技术研究院", "种业技术研究院", "工业研究院", "工研院"),
        ),
        Value("academy_branch", "科学院分院", "Branch of an academy", ("分院",)),
    ),
    recognise=Recognise(
        endings=("研究院", "研究所", "科学院", "工研院", "水生所", "分院", "农科院", "导航院"),
        never=("研究院所", "科学院院士", "研究所高水平"),
    ),
    symbol=Marker("#4a7fc1", size=7, shape=Shape.HEXAGON),
    popup=("status", "level", "host"),
)
