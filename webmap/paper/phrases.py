"""The fixed words of a sheet in Chinese and English: what it tells of itself, its legend, its tables."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Phrase:
    """A phrase in both languages, with names in braces for what it is told about."""

    zh: str
    en: str

    def say(self, lang: str, **given: object) -> str:
        """The phrase in a language."""
        return (self.en if lang == "en" else self.zh).format(**given)


# --- the standing of a sheet ----------------------------------------------------------------------

NOT_REVIEWED = Phrase(
    "内部工作用图 未经审图 不得公开", "Internal working map, not reviewed, not for publication"
)
NOT_BINDING = Phrase("本图界线不作为划界依据", "Boundaries on this map are not authoritative")
SCHEMATIC = Phrase(
    "斜线及半透明面均为示意，不示边界与走向",
    "Hatched and translucent areas are schematic: no boundaries, no routes",
)
REVIEWED = Phrase("审图号：{number}", "Map approval no. {number}")
REFERENCE = Phrase("坐标系：{crs}", "Reference system: {crs}")
STOP = Phrase("。", ". ")
DATUM = Phrase("2000国家大地坐标系（CGCS2000）", "China Geodetic Coordinate System 2000 (CGCS2000)")
CONIC = Phrase(
    "{datum}，兰勃特等角圆锥投影，标准纬线29°30′、31°00′，中央经线114°45′",
    "{datum}, Lambert conformal conic, standard parallels 29°30′ and 31°00′, central meridian 114°45′",
)
TRANSVERSE = Phrase(
    "{datum}，高斯-克吕格投影，中央经线{central:g}°（{crs}）",
    "{datum}, Gauss–Krüger, central meridian {central:g}° ({crs})",
)
OTHER_CRS = Phrase("{datum}（{crs}）", "{datum} ({crs})")

# --- the imprint ----------------------------------------------------------------------------------

UNIT = Phrase("编制单位：{unit}", "Made by: {unit}")
DAY = Phrase("编制日期：{day.year}年{day.month}月", "Date: {day:%Y-%m}")
SOURCES = Phrase("资料来源：{sources}", "Sources: {sources}")
AND_MORE = Phrase("等", " and others")
PLANS = Phrase("省、市公布的规划文件", "plans published by the province and its cities")
SIFTED = Phrase("筛选：{words}", "Filter: {words}")
CONDITION = Phrase("{layer}的{field}为{values}", "{layer}, {field}: {values}")
AS_OF = Phrase("资料截至：{day}", "Data as of: {day}")
NOTE = Phrase("说明：{note}", "Note: {note}")
SEMICOLON = Phrase("；", "; ")
COMMA = Phrase("，", ", ")
LIST = Phrase("、", ", ")

# --- map and panel --------------------------------------------------------------------------------

NORTH = Phrase("北", "N")
KILOMETRES = Phrase("千米", "km")
METRES = Phrase("米", "m")
INSET = Phrase("附图", "Inset")
SEE = Phrase("见{title}", "see {title}")
LEGEND = Phrase("图例", "Legend")
COUNTED = Phrase("{title}（{count}）", "{title} ({count})")
OF_LAYER = Phrase("{layer}：{value}", "{layer}: {value}")
REST_OF_LAYER = Phrase("{layer}（{value}）", "{layer} ({value})")
STRUCTURE = Phrase("{theme}（示意）", "{theme} (schematic)")
HOLLOW = Phrase("空心：位置仅到乡镇、街道", "Hollow: place known to the town only")
NUMBERED = Phrase("编号设施", "Numbered facilities")
UNSITED = Phrase("以下设施仅知所在市、区，未标点位", "Known to their city or district only, not drawn")
UNNAMED = Phrase(
    "另有 {count} 处限于图幅只绘符号；放大比例尺或换用更大的纸可注出名称。",
    "{count} facilities are drawn without a name for want of room; a larger scale or paper names them.",
)
UNDRAWN = Phrase(
    "仅知所在市、区，未标点位：{places}。", "Known only to their city or district, not drawn: {places}."
)

# --- sheets of figures ----------------------------------------------------------------------------

SILENT = Phrase("所收文件未列此项", "Not in the documents")
UNTOLD = Phrase("未列", "not told")
YEAR = Phrase("{year}年", "{year}")
BASE = Phrase("{year}年现状", "{year} (base)")
TARGET = Phrase("{year}年目标", "{year} (target)")
BASE_IN = Phrase("{year}年现状（{unit}）", "{year}, base ({unit})")
TARGET_IN = Phrase("{year}年目标（{unit}）", "{year}, target ({unit})")
GAP_IN = Phrase(
    "{what}：{second}年目标比{first}年（{unit}）", "{what}: target of {second} against {first} ({unit})"
)
GROWTH = Phrase("增幅", "Growth")
GAP = Phrase("差距", "Gap")
VALUE = Phrase("数值", "Value")
CIRCLES = Phrase("圆面积与数值成正比", "Areas of circles are as the values")
CLASSES = Phrase(
    "{what}，等间距分级，级距{step}{unit}{remark}", "{what}, equal classes of {step}{unit}{remark}"
)
SAME_CLASSES = Phrase("，现状、目标同一分级", ", the same for base and target")
CLASS = Phrase("{low}—{high}{unit}（{held}）", "{low}–{high}{unit} ({held})")
CITIES = Phrase("{count}市", "{count} cities")
CITIES_IN = Phrase("{year}年{count}市", "{year}: {count} cities")
AREA = Phrase("地区", "Area")
BOTH = Phrase("现状与目标", "Base and target")
WORDING = Phrase("文件中的指标名称与出处", "Indicator as the documents call it, and where")
UNITS = Phrase(
    "单位：{unit}。目标前的符号：> 超过，≥ 以上，≈ 左右。各市指标名称与口径以文件为准。",
    "Unit: {unit}. Before a target: > more than, ≥ at least, ≈ about. Names and scope as in the documents.",
)
OF_YEAR = Phrase("（{year}年）", " ({year})")
POINTS = Phrase("个百分点", " percentage points")

# --- the atlas ------------------------------------------------------------------------------------

CONTENTS = Phrase("目录", "Contents")
INDEX = Phrase("地名索引", "Index of places")
INDEX_PART = Phrase("地名索引（{number}）", "Index of places ({number})")
REFERENCES = Phrase("图号  格号", "sheet  cell")
