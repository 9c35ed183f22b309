"""Incubators, maker spaces, accelerators and offshore parks."""

from gis.layer import Geometry, Layer, Recognise, Theme, Value
from gis.symbol import Marker, Shape

LAYER = Layer(
    id="incubators",
    title="孵化载体",
    title_en="Incubators",
    description="孵化器、众创空间、加速器与离岸科创园。",
    geometry=Geometry.POINT,
    theme=Theme.INNOVATION,
    order=64,
    kinds=(
        Value("incubator", "孵化器", "Incubator", ("孵化器", "孵化基地", "双创平台")),
        Value("maker_space", "众创空间", "Maker space", ("众创空间", "星创天地")),
        Value("accelerator", "加速器", "Accelerator", ("加速器", "加速器园区")),
        Value("offshore_park", "离岸科创园", "Offshore park", ("离岸科创园", "离岸科创中心", "科创飞地")),
        Value("startup_base", "双创基地", "Start-up base", ("双创基地", "创业基地", "创业园", "分园")),
    ),
    recognise=Recognise(
        endings=(
            "孵化器",
            "众创空间",
            "加速器",
            "加速器园区",
            "离岸科创园",
            "离岸科创中心",
            "创业园",
            "孵化基地",
            "孵化园",
            "创业基地",
            "星创天地",
            "分园",
        ),
        never=(
            "加速器与质子刀",
            "电子辐照加速器",
            "加速器”",
            "孵化器-",
            "孵化器+",
            "孵化器服务",
            "孵化器专业",
        ),
    ),
    symbol=Marker("#7aa63f", size=6, shape=Shape.PENTAGON),
    popup=("status", "level", "host"),
)
