"""The Yangtze and the Han river as centre lines; their width is the symbol's."""

from gis.layer import Field, Geometry, Layer, Recognise, Theme, Type, Value
from gis.symbol import ByValue, Stroke

LAYER = Layer(
    id="rivers",
    title="河流",
    title_en="Rivers",
    description="长江、汉江的中心线，由两岸区县界推得；线宽为符号，不示河宽。",
    geometry=Geometry.LINE,
    theme=Theme.BASE,
    order=6,
    kinds=(Value("main_stem", "干流", "Main stem"), Value("tributary", "支流", "Tributary")),
    recognise=Recognise(endings=("江", "河")),
    fields=(Field("length_km", Type.NUMBER, "长度(椭球面)", "Length on the ellipsoid", unit="km"),),
    symbol=ByValue("kind", {"main_stem": Stroke("#9cc4de", width=4.5)}, other=Stroke("#9cc4de", width=2.4)),
    popup=("length_km",),
    label_zoom=8,
)
