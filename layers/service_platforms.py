"""Platforms for transfer, testing, pilot production, trade and shared resources."""

from gis.layer import Geometry, Layer, Recognise, Theme, Value
from gis.symbol import Marker, Shape

LAYER = Layer(
    id="service_platforms",
    title="服务平台",
    title_en="Service platforms",
    description="技术转移、检验检测、中试与公共服务平台。",
    geometry=Geometry.POINT,
    theme=Theme.INNOVATION,
    order=66,
    kinds=(
        Value("technology_transfer", "技术转移", "Technology transfer", ("技术转移", "成果转化")),
        Value("testing_platform", "检验检测", "Testing and inspection", ("检验检测", "检测中心")),
        Value("pilot_base", "中试平台", "Pilot production", ("中试",)),
        Value("exchange", "交易市场", "Exchange", ("交易",)),
        Value("resource_platform", "资源共享", "Shared resources", ("资源库", "共享平台")),
        Value("public_platform", "公共服务平台", "Public service platform", ("公共服务平台", "技术平台")),
    ),
    recognise=Recognise(
        endings=("平台", "中试基地", "交易所", "交易中心", "交易市场", "大市场", "分市场", "检测中心", "检验中心", "资源库", "样本库", "保藏中心", "转移中心", "转化中心", "育成中心", "中部中心", "分中心", "承接中心", "驱动中心", "服务中心", "保护中心", "维权中心", "快维中心", "引智中心", "登记结算系统", "法院", "黄石中心", "人才培养基地", "种质库", "托管交易中心"),
        never=("平台体系", "平台型", "平台经济", "平台建设", "平台+", "平台等"),
    ),
    symbol=Marker("#3c9d78", size=6, shape=Shape.CIRCLE),
    popup=("status", "level", "host"),
)
