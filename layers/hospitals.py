"""Hospitals and clinical centres."""

from gis.layer import Geometry, Layer, Recognise, Theme, Value
from gis.symbol import Marker, Shape

LAYER = Layer(
    id="hospitals",
    title="医院与临床中心",
    title_en="Hospitals and clinical centres",
    description="医院、临床医学研究中心与医学中心。",
    geometry=Geometry.POINT,
    theme=Theme.SERVICES,
    order=58,
    kinds=(
        Value("hospital", "医院", "Hospital", ("医院", "保健院", "院区")),
        Value(
            "clinical_research_centre", "临床医学研究中心", "Clinical research centre", ("临床医学研究中心",)
        ),
        Value("medical_centre", "医学中心", "Medical centre", ("医学中心", "医疗中心")),
    ),
    recognise=Recognise(
        endings=("医院", "保健院", "院区", "临床医学研究中心", "医学中心", "医疗中心"),
        never=("学院区",),
    ),
    symbol=Marker("#c2185b", size=7, shape=Shape.CROSS),
    popup=("status", "level", "host"),
)
