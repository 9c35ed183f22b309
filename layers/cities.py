"""The five cities of the corridor."""

from gis.layer import Field, Geometry, Layer, Recognise, Theme, Type
from gis.symbol import Fill, Stroke

LAYER = Layer(
    id="cities",
    title="城市",
    title_en="Cities",
    description="走廊五市的行政区域；界线不作为划界依据。",
    geometry=Geometry.POLYGON,
    theme=Theme.BASE,
    order=4,
    recognise=Recognise(endings=("市",)),
    fields=(Field("area_km2", Type.NUMBER, "面积(椭球面)", "Area on the ellipsoid", unit="km2"),),
    symbol=Fill("#f6f3ea", opacity=0, outline=Stroke("#7d6b83", width=1.6, dash=(7, 2.5, 1.5, 2.5))),
    popup=("area_km2",),
    label_zoom=6,
)
