"""Which names of an invented plan are places, and what is said of each. No name here is of a real document."""

from __future__ import annotations

import random
import time
from itertools import chain, permutations

import pytest

import layers
from etl.extract import Extractor
from etl.lexicon import lexicon
from etl.mentions import Candidate, Mention, PassedOver
from etl.merge import Merger
from etl.text.layout import text_from
from gis.layer import Catalog, Geometry, Layer, Recognise, Value
from gis.symbol import Marker

XIANNING = 421200
WORDS = lexicon()
CATALOG = layers.catalog()


def named(sentence: str, *, home: int = XIANNING, catalog: Catalog = CATALOG) -> list[Mention]:
    text = text_from("sample", f"一、总体布局\n{sentence}\n")
    found = Extractor(catalog, WORDS).mentions(text, home=home)
    return [one for one in found if isinstance(one, Mention)]


def names(sentence: str) -> list[str]:
    return [one.name for one in named(sentence)]


def candidates(*sentences: str, home: int = XIANNING) -> tuple[Candidate, ...]:
    return Merger(CATALOG, WORDS).candidates(
        one for sentence in sentences for one in named(sentence, home=home)
    )


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("加快建设赤壁砖茶产业园，推进通山石材科技园扩容。", ["赤壁砖茶产业园", "通山石材科技园"]),
        ("建成崇阳（白霓）生态产业园和通城云母实验室。", ["崇阳（白霓）生态产业园", "通城云母实验室"]),
        ("与湖北科技学院共建咸安·向阳湖农业科技园区。", ["湖北科技学院", "咸安·向阳湖农业科技园区"]),
        ("依托赤壁国家砖茶与边销茶工程技术研究中心开展攻关。", ["赤壁国家砖茶与边销茶工程技术研究中心"]),
        ("青石山新材料研究院落户咸宁。", ["青石山新材料研究院"]),
    ],
)
def test_a_name_goes_from_the_word_that_builds_it_to_the_head_that_a_layer_declares(
    sentence: str, expected: list[str]
) -> None:
    assert names(sentence) == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (
            "获批苎麻纺织、竹木加工等2个省级特色产业基地。",
            ["苎麻纺织省级特色产业基地", "竹木加工省级特色产业基地"],
        ),
        (
            "建有茶机装备、砖茶加工两个国家火炬特色产业基地。",
            ["茶机装备国家火炬特色产业基地", "砖茶加工国家火炬特色产业基地"],
        ),
        ("打造竹材利用、茶饮料等新兴特色产业园区。", ["竹材利用新兴特色产业园区", "茶饮料新兴特色产业园区"]),
        (
            "推进竹纤维辐照、深井地震观测等重大科技基础设施预研。",
            ["竹纤维辐照重大科技基础设施", "深井地震观测重大科技基础设施"],
        ),
        ("支持厚福医疗、瀛通通讯、平安电工等科技领军企业牵头攻关。", ["厚福医疗", "瀛通通讯", "平安电工"]),
        (
            "引进国家技术转移东湖中部中心、湖北技术交易所等机构在咸宁设立分中心。",
            [
                "国家技术转移东湖中部中心咸宁分中心",
                "国家技术转移东湖中部中心",
                "湖北技术交易所咸宁分中心",
                "湖北技术交易所",
            ],
        ),
    ],
)
def test_a_shared_noun_at_the_end_of_a_list_is_given_to_each_of_its_members(
    sentence: str, expected: list[str]
) -> None:
    assert names(sentence) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "建设一批重点实验室和3家科技企业孵化器。",
        "落实《赤壁市砖茶产业园管理办法》。",
        "打造具有全国影响力的科技创新中心和世界一流科技园区。",
        "发挥产业园区、工业园区和众创空间的作用，完善公共服务平台。",
        "加强与清华大学、襄阳高新区和上海张江实验室合作。",
        "把咸宁建成武汉城市圈后花园，打造承接产业转移示范区。",
        "设立咸宁科技成果转化基金，实施“香城英才”计划。",
        "在通信、导航等领域研发卫星和火箭，突破加速器、光源等技术。",
        "支持企业建设企业技术中心、工程研究中心、产业技术研究院。",
        "推动大学生在校区、社区、园区创业。",
        "建成全域协同的龙头、改革开放的前沿和国家级苎麻产业基地。",
    ],
)
def test_kinds_of_things_titles_wishes_and_places_elsewhere_are_no_places(sentence: str) -> None:
    assert names(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("在科技方面，有咸宁竹产业研究院。", ["咸宁竹产业研究院"]),
        ("全国首个国家苎麻医学中心开工建设。", ["国家苎麻医学中心"]),
        ("香城科学城核心区咸宁科学岛启动建设。", ["咸宁科学岛"]),
        (
            "赤壁砖茶产业园东临咸宁生态新城、北接通山石材科技园。",
            ["赤壁砖茶产业园", "咸宁生态新城", "通山石材科技园"],
        ),
        ("一小时到达咸宁机场。", ["咸宁机场"]),
        ("引入湖北科技学院，在嘉鱼高新区开辟通城孵化基地。", ["湖北科技学院", "嘉鱼高新区", "通城孵化基地"]),
        ("赤壁市高质量发展研究院成立两年。", ["赤壁市高质量发展研究院"]),
        ("推进咸宁北站和赤壁新区高铁站建设。", ["咸宁北站", "赤壁新区高铁站"]),
        ("用好咸宁（光谷）离岸科技创新中心。", ["咸宁（光谷）离岸科技创新中心"]),
        ("厚福医疗、瀛通通讯、平安电工16家企业签约。", ["厚福医疗", "瀛通通讯", "平安电工"]),
        ("设立沥青炭材料湖北省工程研究中心。", ["沥青炭材料湖北省工程研究中心"]),
        ("布局银联大数据中心项目。", ["银联大数据中心"]),
        ("东湖高新区与咸宁市签订协议。", ["东湖高新区"]),
        ("推进咸宁机场二期和通城新城中心医院建设。", ["咸宁机场", "通城新城中心医院"]),
        ("支持咸宁市中心医院等重点医院攻关。", ["咸宁市中心医院"]),
        ("建设赤壁创新园区，发挥咸宁学院区位优势。", ["赤壁创新园区", "咸宁学院"]),
        ("建成竹材、苎麻等3大国家创新中心。", []),
    ],
)
def test_a_name_begins_after_the_words_that_only_lead_to_it(sentence: str, expected: list[str]) -> None:
    assert names(sentence) == expected


def test_two_bodies_of_a_city_are_two_names() -> None:
    assert names("先后成立市绿色发展中心和市茶投公司等机构。") == ["市茶投公司"]


def test_what_is_passed_over_keeps_the_reason() -> None:
    text = text_from("sample", "一、布局\n加强与襄阳高新区合作，建设一批重点实验室。\n")
    passed = Extractor(CATALOG, WORDS).mentions(text, home=XIANNING)
    assert {one.name: one.reason for one in passed if isinstance(one, PassedOver)} == {
        "襄阳高新区": "lies outside the corridor",
        "重点实验室": "one of many, unnamed",
    }


@pytest.mark.parametrize(
    ("sentence", "city", "district"),
    [
        ("建设赤壁砖茶产业园。", 421200, 421281),
        ("推动武汉大学咸宁产业技术研究院建设。", 421200, None),
        ("用好咸宁（武汉）离岸科创园。", 420100, None),
        ("支持嘉鱼县建设临港高端装备产业园。", 421200, 421221),
        ("加强与湖北技术交易所合作。", 420100, None),
        ("加强与华中农业大学合作。", 420100, None),
        ("推进竹产业研究院建设。", 421200, None),
        ("对接阳逻国际港。", 420100, 420117),
    ],
)
def test_the_city_is_that_of_the_name_else_of_the_clause_else_of_the_plan(
    sentence: str, city: int, district: int | None
) -> None:
    (mention,) = named(sentence)
    assert (mention.city, mention.district) == (city, district)


@pytest.mark.parametrize(
    ("sentence", "layer", "kind", "level", "status"),
    [
        (
            "争创国家竹产业技术创新中心。",
            "innovation_centres",
            "technology_innovation_centre",
            "national",
            "proposed",
        ),
        ("规划建设通山石材大学科技园。", "parks", "university_science_park", "", "planned"),
        ("赤壁高新区加快建设。", "zones", "national_high_tech_zone", "", "built"),
        ("加快推进咸宁数据中心建设。", "computing_centres", "data_centre", "", "under_construction"),
        (
            "建成湖北省咸宁竹材省级重点实验室。",
            "laboratories",
            "provincial_key_laboratory",
            "provincial",
            "built",
        ),
        ("推进嘉鱼长江综合码头建设。", "transport_hubs", "port", "", "under_construction"),
    ],
)
def test_layer_kind_level_and_status_come_from_the_name_and_the_words_around_it(
    sentence: str, layer: str, kind: str, level: str, status: str
) -> None:
    (mention,) = named(sentence)
    assert (mention.layer, mention.kind, mention.level, mention.status) == (layer, kind, level, status)


def test_the_bearer_of_an_item_in_a_box_is_who_leads_it() -> None:
    raw = "一、平台\n专栏1 技术创新中心\n竹材技术创新中心。由湖北科技学院牵头，开展攻关。\n"
    found = list(Extractor(CATALOG, WORDS).mentions(text_from("s", raw), home=XIANNING))
    centre = next(one for one in found if isinstance(one, Mention) and one.name == "竹材技术创新中心")
    assert (centre.host, centre.status, centre.locator.section) == ("湖北科技学院", "planned", "一/专栏1")


def test_a_layer_declared_anywhere_is_found_by_its_own_words() -> None:
    mills = Layer(
        id="mills",
        title="风车",
        geometry=Geometry.POINT,
        kinds=(Value("post", "立柱风车", "", ("立柱风车",)), Value("mill", "风车", "", ("风车",))),
        recognise=Recognise(endings=("风车",), never=("风车茶",)),
        symbol=Marker("#333333"),
    )
    found = named("建设赤壁江滩立柱风车，推广赤壁风车茶。", catalog=Catalog([mills]))
    assert [(one.name, one.layer, one.kind) for one in found] == [("赤壁江滩立柱风车", "mills", "post")]


def test_a_catalog_that_recognises_nothing_finds_nothing() -> None:
    bare = Layer(id="bare", title="空", geometry=Geometry.POINT, symbol=Marker("#333333"))
    assert named("建设赤壁砖茶产业园。", catalog=Catalog([bare])) == []


def test_a_sentence_without_end_is_read_in_time() -> None:
    assert named("建设" + "赤壁产业园等" * 3000) is not None


# --- merging ------------------------------------------------------------------------------------


def test_spellings_of_one_thing_are_one_candidate_with_all_its_mentions() -> None:
    (found,) = candidates(
        "建设赤壁高新技术产业开发区。",
        "支持赤壁高新区扩区。",
        "赤壁省级高新区排名第一。",
    )
    assert found.names == ("赤壁省级高新区", "赤壁高新技术产业开发区", "赤壁高新区") or len(found.names) >= 2
    assert len(found.mentions) == 3


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("依托武汉大学咸宁工业技术研究院开展研发。", "依托武汉大学咸宁工业研究院开展研发。"),
        ("支持湖北瀛通精密线材有限公司建设。", "引进湖北瀛通、平安电工等一批项目。"),
        ("建设竹纤维辐照设施，咸宁竹纤维辐照设施建成。", "推进竹纤维辐照、深井观测等重大科技基础设施建设。"),
        (
            "建设国家竹木加工人才与创新基地，推动咸宁国家竹木加工人才与创新基地扩建。",
            "推进咸宁竹木加工基地建设。",
        ),
    ],
)
def test_a_short_form_is_the_same_thing(first: str, second: str) -> None:
    merged = candidates(first, second)
    assert max(len(one.mentions) for one in merged) >= 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("建设咸宁临空经济区。", "建设黄冈临空经济区。"),
        ("支持湖北科技学院发展。", "支持湖北科技学院科技园发展。"),
        ("加强与湖北技术交易大市场合作。", "建设湖北技术交易大市场咸宁分市场。"),
        ("建设赤壁砖茶产业园。", "建设赤壁石材产业园。"),
    ],
)
def test_branches_namesakes_and_neighbours_stay_apart(first: str, second: str) -> None:
    assert len(candidates(first, second)) == 2


LETTERS = "星河云海山林泉石松柏梅兰竹菊金银铜铁锦绣"
RANKS = (
    "湖北",
    "国家级",
    "国家",
    "中国",
    "省级",
    "全国",
    "湖北省",
    "咸宁市",
    "赤壁市",
    "嘉鱼",
    "通山",
    "崇阳",
)


def merged_in(sentences: list[str]) -> tuple[int, float]:
    """How many things the mentions of sentences are of, and the seconds of the processor to tell."""
    mentions = [one for sentence in sentences for one in named(sentence)]
    before = time.process_time()
    found = Merger(CATALOG, WORDS).candidates(mentions)
    return len(found), time.process_time() - before


def test_thousands_of_distinct_places_are_told_apart_in_seconds() -> None:
    spelt = random.Random(3).sample(list(permutations(LETTERS, 4)), 3000)
    things, seconds = merged_in([f"建设咸宁{''.join(one)}产业技术创新研究院。" for one in spelt])
    assert things > 2900
    assert seconds < 8


def test_a_thousand_spellings_of_one_place_are_put_together_in_seconds() -> None:
    ranked = ["".join(one) for one in chain.from_iterable(permutations(RANKS, many) for many in (1, 2, 3))]
    things, seconds = merged_in([f"建设{one}星河产业园。" for one in ranked[:1400]])
    assert things < 30
    assert seconds < 8
