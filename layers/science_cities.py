"""Science cities, science islands and innovation quarters."""

from gis.layer import Geometry, Layer, Recognise, Theme, Value
from gis.symbol import Marker, Shape

LAYER = Layer(
    id="science_cities",
    title="科学城",
    title_en="Science cities",
    description="科学城、科学岛与创新街区。",
    geometry=Geometry.POINT,
    theme=Theme.CARRIERS,
    order=82,
    kinds=(
        Value("science_city", "科学城", "Science city", ("科学城",)),
        Value("science_island", "科学岛/科创岛", "Science island", ("科学岛", "科创岛", "生态岛")),
        Value(
            "innovation_quarter",
            "创新街区",
            "Innovation quarter",
            ("创新街区", "创新带", "创新经济带", "创新区", "小镇", "总部城"),
        ),
    ),
    recognise=Recognise(
        endings=(
            "科学城",
            "科学岛",
            "科创岛",
            "生态岛",
            "创新街区",
            "创新带",
            "创新经济带",
            "小镇",
            "总部城",
        ),
    ),
    symbol=Marker("#b3261e", size=11, shape=Shape.STAR),
    popup=("status", "level", "host"),
    label_zoom=11,
)
