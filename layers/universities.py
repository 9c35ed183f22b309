"""Universities, colleges and their branch campuses."""

from gis.layer import Geometry, Layer, Recognise, Theme, Value
from gis.symbol import Marker, Shape

LAYER = Layer(
    id="universities",
    title="高等院校",
    title_en="Universities",
    description="走廊内的高等院校。",
    geometry=Geometry.POINT,
    theme=Theme.RESEARCH,
    order=76,
    kinds=(
        Value("university", "大学", "University", ("大学", "理工学院", "师范学院", "科技学院")),
        Value("college", "学院", "College", ("学院", "职业大学")),
        Value("campus", "分校/校区", "Branch campus", ("分校", "校区")),
    ),
    recognise=Recognise(
        endings=("大学", "学院", "校区", "分校"),
        never=(
            "大学科技园",
            "大学生",
            "大学城",
            "大学创新",
            "大学之",
            "大学校区",
            "大学-",
            "所大学",
            "大学科学",
            "大学计划",
            "研究型大学",
            "学院等主体",
            "环大学",
        ),
    ),
    symbol=Marker("#1b6e8c", size=8, shape=Shape.SQUARE),
    popup=("status", "level", "host"),
)
