"""The administrative codes (GB/T 2260) of the five cities of the corridor and of their 38 districts.

A code list, not a layer: it gives `city` and `district` of every feature their names.
"""

from __future__ import annotations

CITIES: dict[int, tuple[str, str]] = {
    420100: ("武汉市", "Wuhan"),
    420200: ("黄石市", "Huangshi"),
    420700: ("鄂州市", "Ezhou"),
    421100: ("黄冈市", "Huanggang"),
    421200: ("咸宁市", "Xianning"),
}

DISTRICTS: dict[int, tuple[str, str]] = {
    420102: ("江岸区", "Jiang'an District"),
    420103: ("江汉区", "Jianghan District"),
    420104: ("硚口区", "Qiaokou District"),
    420105: ("汉阳区", "Hanyang District"),
    420106: ("武昌区", "Wuchang District"),
    420107: ("青山区", "Qingshan District"),
    420111: ("洪山区", "Hongshan District"),
    420112: ("东西湖区", "Dongxihu District"),
    420113: ("汉南区", "Hannan District"),
    420114: ("蔡甸区", "Caidian District"),
    420115: ("江夏区", "Jiangxia District"),
    420116: ("黄陂区", "Huangpi District"),
    420117: ("新洲区", "Xinzhou District"),
    420202: ("黄石港区", "Huangshigang District"),
    420203: ("西塞山区", "Xisaishan District"),
    420204: ("下陆区", "Xialu District"),
    420205: ("铁山区", "Tieshan District"),
    420222: ("阳新县", "Yangxin County"),
    420281: ("大冶市", "Daye City"),
    420702: ("梁子湖区", "Liangzihu District"),
    420703: ("华容区", "Huarong District"),
    420704: ("鄂城区", "Echeng District"),
    421102: ("黄州区", "Huangzhou District"),
    421121: ("团风县", "Tuanfeng County"),
    421122: ("红安县", "Hong'an County"),
    421123: ("罗田县", "Luotian County"),
    421124: ("英山县", "Yingshan County"),
    421125: ("浠水县", "Xishui County"),
    421126: ("蕲春县", "Qichun County"),
    421127: ("黄梅县", "Huangmei County"),
    421181: ("麻城市", "Macheng City"),
    421182: ("武穴市", "Wuxue City"),
    421202: ("咸安区", "Xian'an District"),
    421221: ("嘉鱼县", "Jiayu County"),
    421222: ("通城县", "Tongcheng County"),
    421223: ("崇阳县", "Chongyang County"),
    421224: ("通山县", "Tongshan County"),
    421281: ("赤壁市", "Chibi City"),
}


def city_of(district: int) -> int:
    """The city that a district belongs to: its code with the last two digits nought."""
    return district // 100 * 100
