"""Indicators and quantified targets of the documents, one figure aimed at a feature."""

from gis.layer import Field, Geometry, Layer, Theme, Type, Value
from gis.symbol import Marker, Shape

LAYER = Layer(
    id="indicators",
    title="规划指标",
    title_en="Indicators",
    description="规划文件的指标与量化目标：现状值与目标值；点在城市代表点，按 city 连接，全省指标无位置。",
    geometry=Geometry.POINT,
    theme=Theme.OTHER,
    order=10,
    shown=False,
    figures=True,
    kinds=(
        Value("level", "目标值", "Level"),
        Value("yearly_growth", "年均增长(%)", "Yearly growth (%)"),
        Value("cumulative", "累计值", "Sum over the period"),
    ),
    fields=(
        Field("indicator", Type.TEXT, "指标", "Indicator"),
        Field("unit", Type.TEXT, "单位", "Unit"),
        Field("base_year", Type.INTEGER, "现状年", "Base year"),
        Field("base_value", Type.NUMBER, "现状值", "Base value"),
        Field("target_year", Type.INTEGER, "目标年", "Target year"),
        Field("target_value", Type.NUMBER, "目标值", "Target value"),
        Field("value_note", Type.TEXT, "取值说明", "How the value stands in the document"),
        Field(
            "nature",
            Type.TEXT,
            "指标属性",
            "Nature",
            values=(Value("expected", "预期性", "Expected"), Value("binding", "约束性", "Binding")),
        ),
        Field(
            "direction",
            Type.TEXT,
            "方向",
            "Direction",
            values=(
                Value("higher", "越高越好", "Higher is better"),
                Value("lower", "越低越好", "Lower is better"),
            ),
        ),
    ),
    symbol=Marker("#6b6257", size=5, shape=Shape.PENTAGON),
    popup=("base_year", "base_value", "target_year", "target_value", "unit", "value_note"),
)
