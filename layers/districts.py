"""The 38 districts, counties and county-level cities."""

from gis.layer import Field, Geometry, Layer, Recognise, Theme, Type
from gis.symbol import Fill, Stroke

LAYER = Layer(
    id="districts",
    title="区县",
    title_en="Districts",
    description="走廊五市的 38 个区县；界线不作为划界依据。",
    geometry=Geometry.POLYGON,
    theme=Theme.BASE,
    order=2,
    recognise=Recognise(endings=("区", "县", "市")),
    fields=(Field("area_km2", Type.NUMBER, "面积(椭球面)", "Area on the ellipsoid", unit="km2"),),
    symbol=Fill("#fbf9f3", opacity=1, outline=Stroke("#b9adb8", width=0.6, dash=(3, 2))),
    popup=("city", "area_km2"),
    label_zoom=9,
)
