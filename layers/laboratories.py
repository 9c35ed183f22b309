"""Laboratories: Hubei's own, national, state key, provincial key and joint ones."""

from gis.layer import Geometry, Layer, Recognise, Theme, Value
from gis.symbol import Marker, Shape

LAYER = Layer(
    id="laboratories",
    title="实验室",
    title_en="Laboratories",
    description="规划文件点名的实验室。",
    geometry=Geometry.POINT,
    theme=Theme.RESEARCH,
    order=79,
    kinds=(
        Value("hubei_laboratory", "湖北实验室", "Hubei laboratory", ("湖北实验室", "湖北…实验室")),
        Value(
            "national_laboratory",
            "国家实验室/研究中心",
            "National laboratory",
            ("国家实验室", "国家研究中心"),
        ),
        Value(
            "state_key_laboratory",
            "国家(全国)重点实验室",
            "State key laboratory",
            ("国家重点实验室", "全国重点实验室", "国家…重点实验室"),
        ),
        Value(
            "provincial_key_laboratory",
            "省重点实验室",
            "Provincial key laboratory",
            ("省重点实验室", "省级重点实验室", "湖北省…重点实验室"),
        ),
        Value("joint_laboratory", "联合实验室", "Joint laboratory", ("联合实验室",)),
        Value("laboratory", "其他实验室", "Other laboratory", ("实验室",)),
    ),
    recognise=Recognise(
        endings=("实验室", "国家研究中心"),
        never=("实验室体系", "实验室建设", "实验室集聚区", "实验室分支机构", "实验室联盟"),
    ),
    symbol=Marker("#2b4c9b", size=8, shape=Shape.DIAMOND),
    popup=("status", "level", "host"),
)
