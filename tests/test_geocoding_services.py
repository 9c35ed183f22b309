"""Geocoding services: what is asked of a stand-in that speaks their protocols, and what is made of its answers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from etl_world import WEST, areas

from etl import geocode
from etl.geocoders.base import Sought
from etl.geocoders.cache import Cache
from etl.geocoders.dialects import dialect
from etl.geocoders.door import AGENT, MAXIMUM_BYTES, Door
from etl.geocoders.online import Online, geocoders
from gis import datum
from gis.config import Settings
from gis.errors import BadSettings, GeocoderError, QuotaUsedUp
from gis.geocoding import GeocodingService, services

KEY = "s3cret-key"
WUHAN = 420100
SOUGHT = Sought("珞喻路1037号", WUHAN)
LON, LAT = 114.41, 30.51
SERVICES = ("tianditu", "amap", "nominatim")


def tianditu(level: str = "门址", lon: object = f"{LON}", lat: object = f"{LAT}") -> dict[str, Any]:
    location = {"score": 100, "level": level, "lon": lon, "lat": lat, "keyWord": "武汉市珞喻路1037号"}
    return {"msg": "ok", "location": location, "searchVersion": "6.4.9V", "status": "0"}


def amap(level: str = "门牌号", location: object = "") -> dict[str, Any]:
    lon, lat = (float(value) for value in datum.wgs84_to_gcj02(LON, LAT))
    code = {
        "formatted_address": "湖北省武汉市洪山区珞喻路1037号",
        "adcode": "420111",
        "street": [],
        "level": level,
    }
    found = {**code, "location": location or f"{lon:.6f},{lat:.6f}"}
    return {"status": "1", "info": "OK", "infocode": "10000", "count": "1", "geocodes": [found]}


def nominatim(rank: object = 30, reach: float = 0.001, **given: object) -> list[dict[str, Any]]:
    box = [f"{value:.4f}" for value in (LAT - reach, LAT + reach, LON - reach, LON + reach)]
    told = {
        "place_id": 1,
        "lat": f"{LAT}",
        "lon": f"{LON}",
        "place_rank": rank,
        "display_name": "1037, 珞喻路",
    }
    return [{**told, "boundingbox": box, **given}]


FOUND = {"tianditu": tianditu(), "amap": amap(), "nominatim": nominatim()}
NOTHING = {
    "tianditu": {"msg": "无结果", "status": "101", "searchVersion": "6.4.9V"},
    "amap": {"status": "1", "info": "OK", "infocode": "10000", "count": "0", "geocodes": []},
    "nominatim": [],
}

Script = Callable[[BaseHTTPRequestHandler, int], None]


class StandIn:
    """A service on loopback that answers by a script, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], str]] = []
        self.script: Script = lambda request, _: say(request, {})
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                given = {name: values[0] for name, values in parse_qs(parts.query).items()}
                with outer._lock:
                    outer.asked.append((parts.path, given, self.headers["User-Agent"]))
                    number = len(outer.asked)
                outer.script(self, number)

            def log_message(self, *_args: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def answers(self, *answers: Any) -> None:
        """Give these answers one after another, the last one for ever. A number is a status."""

        def script(request: BaseHTTPRequestHandler, number: int) -> None:
            answer = answers[min(number, len(answers)) - 1]
            if isinstance(answer, int):
                say(request, {"error": KEY}, status=answer)
            else:
                say(request, answer)

        self.script = script

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(timeout=5)


def say(request: BaseHTTPRequestHandler, body: object, *, status: int = 200, **headers: str) -> None:
    """Answer a request: bytes as they are, everything else as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    request.send_response(status)
    for name, value in {"Content-Type": "application/json", **headers}.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    request.wfile.write(raw)


@pytest.fixture
def service() -> Iterator[StandIn]:
    running = StandIn()
    yield running
    running.close()


class Clock:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.now, self.slept = 100.0, [0.0][:0]

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def time(self) -> float:
        return self.now


def online(service: StandIn, which: str, folder: Path, *, clock: Clock | None = None, **door: Any) -> Online:
    """An adapter for the stand-in, on a clock of its own so that nothing waits."""
    clock = clock or Clock()
    spoken = GeocodingService(which, service.url, KEY, per_second=1)
    return Online(dialect(which), Door(spoken, sleep=clock.sleep, clock=clock.time, **door), Cache(folder))


# --- what is asked ----------------------------------------------------------------------------------


def test_tianditu_is_asked_in_its_words(service: StandIn, tmp_path: Path) -> None:
    service.answers(FOUND["tianditu"])
    online(service, "tianditu", tmp_path).find(SOUGHT)
    ((path, given, agent),) = service.asked
    assert (path, agent) == ("/geocoder", AGENT)
    assert (json.loads(given["ds"]), given["tk"]) == ({"keyWord": "武汉市珞喻路1037号"}, KEY)


def test_amap_is_asked_in_its_words(service: StandIn, tmp_path: Path) -> None:
    service.answers(FOUND["amap"])
    online(service, "amap", tmp_path).find(Sought("珞喻路1037号", WUHAN, WEST))
    ((path, given, _),) = service.asked
    wanted = {"address": "珞喻路1037号", "city": str(WEST), "key": KEY, "output": "JSON"}
    assert (path, given) == ("/v3/geocode/geo", wanted)


def test_nominatim_is_asked_in_its_words_and_told_who_asks(service: StandIn, tmp_path: Path) -> None:
    service.answers(FOUND["nominatim"])
    online(service, "nominatim", tmp_path).find(SOUGHT)
    ((path, given, agent),) = service.asked
    assert (path, agent) == ("/search", AGENT)
    assert (given["q"], given["format"], given["countrycodes"]) == ("武汉市珞喻路1037号", "jsonv2", "cn")


@pytest.mark.parametrize("which", SERVICES)
def test_what_is_asked_stays_text(service: StandIn, tmp_path: Path, which: str) -> None:
    text = '武汉&key=x#"}<b>\r\n?'
    service.answers(NOTHING[which])
    assert online(service, which, tmp_path).find(Sought(text)) is None
    ((_, given, _),) = service.asked
    assert text in {*given.values(), json.loads(given.get("ds", "{}")).get("keyWord")}


@pytest.mark.parametrize("text", ["", " ", "某路" * 101, "某路\ud8001号"])
def test_nothing_is_asked_for_what_is_no_address(service: StandIn, tmp_path: Path, text: str) -> None:
    assert online(service, "amap", tmp_path).find(Sought(text)) is None
    assert service.asked == []


# --- what is answered -------------------------------------------------------------------------------


@pytest.mark.parametrize("which", SERVICES)
def test_an_answer_is_in_wgs84_and_says_whose_it_is(service: StandIn, tmp_path: Path, which: str) -> None:
    service.answers(FOUND[which])
    found = online(service, which, tmp_path).find(SOUGHT)
    assert found and found.by == which
    assert (found.geometry.x, found.geometry.y) == pytest.approx((LON, LAT), abs=1e-6)
    assert found.precision == "site" and 0 < found.radius_m <= 300 and found.source


@pytest.mark.parametrize("which", SERVICES)
def test_no_result_is_no_place(service: StandIn, tmp_path: Path, which: str) -> None:
    service.answers(NOTHING[which])
    assert online(service, which, tmp_path).find(SOUGHT) is None


@pytest.mark.parametrize(
    ("which", "answer", "precision"),
    [
        ("tianditu", tianditu("兴趣点"), "campus"),
        ("tianditu", tianditu("道路"), "street"),
        ("tianditu", tianditu("乡镇"), "town"),
        ("tianditu", tianditu("谁也没见过的级别"), "town"),
        ("tianditu", tianditu("区县"), None),
        ("amap", amap("兴趣点"), "campus"),
        ("amap", amap("道路交叉路口"), "street"),
        ("amap", amap("开发区"), "town"),
        ("amap", amap("未知"), "town"),
        ("amap", amap("市"), None),
        ("nominatim", nominatim(30, 0.008), "campus"),
        ("nominatim", nominatim(26, 0.008), "street"),
        ("nominatim", nominatim(26, 0.03), "town"),
        ("nominatim", nominatim(19, 0.03), "town"),
        ("nominatim", nominatim(12, 0.03), None),
        ("nominatim", nominatim(19, 0.5), None),
    ],
)
def test_the_level_of_an_answer_is_its_precision(which: str, answer: Any, precision: str | None) -> None:
    found = dialect(which).placed(answer)
    assert (found and found.precision) == precision


# --- what goes wrong --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("which", "answer", "expected"),
    [
        ("amap", {"status": "0", "info": f"INVALID_USER_KEY {KEY}", "infocode": "10001"}, "infocode 10001"),
        (
            "amap",
            {"status": "0", "info": "SERVICE_NOT_AVAILABLE", "infocode": f"<{KEY}>"},
            "infocode unknown",
        ),
        ("tianditu", {"code": 301007, "msg": f"权限类型错误 {KEY}", "resolve": ""}, "code 301007"),
        ("tianditu", {"status": "404", "msg": "出错"}, "status 404"),
        ("nominatim", {"error": f"Bandwidth {KEY}"}, "refused"),
    ],
)
def test_a_refusal_is_one_error_without_the_words_of_the_service(
    service: StandIn, tmp_path: Path, which: str, answer: Any, expected: str
) -> None:
    service.answers(answer)
    with pytest.raises(GeocoderError, match=expected) as caught:
        online(service, which, tmp_path).find(SOUGHT)
    hidden(caught.value, service)
    assert len(service.asked) == 1


def hidden(error: GeocoderError, service: StandIn) -> None:
    """Neither the key nor the address of a service stands in an error."""
    said = f"{error!r} {error} {error.__cause__!r}"
    assert KEY not in said and service.url not in said


@pytest.mark.parametrize(
    ("which", "answer"),
    [
        *(("amap", {"status": "0", "info": "x", "infocode": code}) for code in ("10003", "10044", "40000")),
        ("tianditu", {"code": 301999, "msg": "访问超出每日配额", "resolve": "请联系管理员"}),
    ],
)
def test_a_used_up_quota_is_told_apart(service: StandIn, tmp_path: Path, which: str, answer: Any) -> None:
    service.answers(answer)
    with pytest.raises(QuotaUsedUp, match="quota"):
        online(service, which, tmp_path).find(SOUGHT)
    assert len(service.asked) == 1


def test_a_refusal_with_a_status_of_its_own_is_read(service: StandIn, tmp_path: Path) -> None:
    service.script = lambda request, _: say(request, {"code": 301007, "msg": "权限类型错误"}, status=403)
    with pytest.raises(GeocoderError, match="code 301007"):
        online(service, "tianditu", tmp_path).find(SOUGHT)


@pytest.mark.parametrize(
    "body", [b"", b"<html>" + KEY.encode(), b"\xff\xfe", b"[" * 100_000, b'{"status": "1"', b"null", b"17"]
)
@pytest.mark.parametrize("which", SERVICES)
def test_what_is_no_answer_is_one_error_and_not_kept(
    service: StandIn, tmp_path: Path, which: str, body: bytes
) -> None:
    service.script = lambda request, _: say(request, body)
    with pytest.raises(GeocoderError) as caught:
        online(service, which, tmp_path).find(SOUGHT)
    hidden(caught.value, service)
    assert list(tmp_path.rglob("*.json")) == []


@pytest.mark.parametrize(
    ("which", "answer"),
    [
        ("tianditu", tianditu(lon="东经114度")),
        ("tianditu", tianditu(lat="NaN")),
        ("tianditu", {**tianditu(), "location": ["114", "30"]}),
        ("amap", amap(location="114.4")),
        ("amap", amap(location="inf,30.5")),
        ("amap", {**amap(), "geocodes": {"0": 1}}),
        ("amap", {**amap(), "geocodes": ["x"]}),
        ("nominatim", nominatim(rank="house")),
        ("nominatim", nominatim(lat="200")),
        ("nominatim", nominatim(boundingbox=["1", "2"])),
        ("nominatim", ["x"]),
    ],
)
def test_garbled_answers_are_one_error(which: str, answer: Any) -> None:
    with pytest.raises(GeocoderError, match="protocol"):
        dialect(which).placed(answer)


def test_an_answer_without_end_is_not_read_to_its_end(service: StandIn, tmp_path: Path) -> None:
    service.script = lambda request, _: say(request, b" " * (MAXIMUM_BYTES + 1))
    with pytest.raises(GeocoderError, match="more than"):
        online(service, "amap", tmp_path).find(SOUGHT)


def test_a_redirect_is_not_followed(service: StandIn, tmp_path: Path) -> None:
    service.script = lambda request, _: say(request, {}, status=302, Location=service.url)
    with pytest.raises(GeocoderError, match="302|status|infocode"):
        online(service, "amap", tmp_path).find(SOUGHT)
    assert len(service.asked) == 1


# --- patience ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", [429, 500, 503, {"status": "0", "infocode": "10021", "info": "x"}])
def test_a_busy_service_is_asked_again_after_a_growing_wait(
    service: StandIn, tmp_path: Path, trouble: Any
) -> None:
    service.answers(trouble, trouble, FOUND["amap"])
    clock = Clock()
    assert online(service, "amap", tmp_path, clock=clock).find(SOUGHT) is not None
    assert clock.slept == [1.0, 2.0] and len(service.asked) == 3


def test_patience_has_an_end(service: StandIn, tmp_path: Path) -> None:
    service.answers(503)
    with pytest.raises(GeocoderError, match="answered 503, after 4 tries") as caught:
        online(service, "nominatim", tmp_path).find(SOUGHT)
    hidden(caught.value, service)
    assert len(service.asked) == 4


def test_a_wait_that_the_service_asks_for_is_kept_within_bounds(service: StandIn, tmp_path: Path) -> None:
    waits = iter(("7", "99999", "soon"))
    service.script = lambda request, number: say(
        request, NOTHING["amap"], status=429 if number < 4 else 200, Retry_After=next(waits, "")
    )
    clock = Clock()
    online(service, "amap", tmp_path, clock=clock).find(SOUGHT)
    assert clock.slept == [7.0, 30.0, 4.0]


def test_a_slow_service_is_not_waited_for(service: StandIn, tmp_path: Path) -> None:
    def slowly(request: BaseHTTPRequestHandler, _: int) -> None:
        request.send_response(200)
        request.end_headers()
        for _ in range(40):
            try:
                request.wfile.write(b" ")
                request.wfile.flush()
            except OSError:
                return
            time.sleep(0.05)

    service.script = slowly
    started = time.monotonic()
    with pytest.raises(GeocoderError, match="did not answer, after 2 tries"):
        online(service, "amap", tmp_path, timeout=0.2, tries=2).find(SOUGHT)
    assert time.monotonic() - started < 2


def test_a_service_that_is_not_there_is_one_error(service: StandIn, tmp_path: Path) -> None:
    asked = online(service, "amap", tmp_path)
    service.close()
    with pytest.raises(GeocoderError, match="did not answer"):
        asked.find(SOUGHT)


def test_questions_keep_to_the_rate(service: StandIn, tmp_path: Path) -> None:
    service.answers(NOTHING["nominatim"])
    clock = Clock()
    asked = online(service, "nominatim", tmp_path, clock=clock)
    for number in range(4):
        asked.find(Sought(f"某路{number}号"))
    assert clock.slept == pytest.approx([1.0, 1.0, 1.0])


# --- the cache --------------------------------------------------------------------------------------


@pytest.mark.parametrize("answers", [FOUND, NOTHING], ids=["found", "nothing"])
@pytest.mark.parametrize("which", SERVICES)
def test_what_was_asked_once_is_not_asked_again(
    service: StandIn, tmp_path: Path, which: str, answers: dict[str, Any]
) -> None:
    service.answers(answers[which])
    first = online(service, which, tmp_path).find(SOUGHT)
    assert online(service, which, tmp_path).find(SOUGHT) == first
    assert len(service.asked) == 1
    online(service, which, tmp_path).find(Sought("别处"))
    assert len(service.asked) == 2


def test_no_key_is_kept(service: StandIn, tmp_path: Path) -> None:
    for which in SERVICES:
        service.answers(FOUND[which])
        online(service, which, tmp_path).find(SOUGHT)
    kept = list(tmp_path.rglob("*.json"))
    assert len(kept) == 3 and not any(KEY in file.read_text("utf-8") for file in kept)


def test_a_damaged_file_is_asked_again(service: StandIn, tmp_path: Path) -> None:
    service.answers(FOUND["amap"])
    online(service, "amap", tmp_path).find(SOUGHT)
    (file,) = tmp_path.rglob("*.json")
    for damage in (b"", b"{", b"[1]", b"\xff", b'{"question": {}, "answer": 1}'):
        file.write_bytes(damage)
        assert online(service, "amap", tmp_path).find(SOUGHT) is not None
    assert len(service.asked) == 6


def test_many_writers_leave_whole_files(tmp_path: Path) -> None:
    cache, question = Cache(tmp_path), {"q": "某处"}
    large = [{"text": "x" * 50_000}] * 4

    def write_and_read(_: int) -> object:
        cache.put("amap", question, large)
        return cache.get("amap", question)

    with ThreadPoolExecutor(8) as pool:
        assert all(found == large for found in pool.map(write_and_read, range(64)))
    assert [file.suffix for file in (tmp_path / "amap").iterdir()] == [".json"]


def test_a_folder_that_cannot_be_written_is_a_wrong_setting(service: StandIn, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    service.answers(FOUND["amap"])
    with pytest.raises(BadSettings, match="CORRIDOR_GEOCODE_CACHE"):
        online(service, "amap", tmp_path / "file").find(SOUGHT)


# --- settings and the chain -------------------------------------------------------------------------


def test_no_service_is_asked_unless_it_is_listed() -> None:
    keys = {"CORRIDOR_AMAP_KEY": KEY, "CORRIDOR_TIANDITU_KEY": KEY}
    assert Settings.from_environ(keys).geocoders == ()
    assert geocoders(Settings.from_environ(keys)) == ()


def test_services_come_in_the_order_of_their_list_and_hide_their_keys() -> None:
    found = services({"CORRIDOR_GEOCODERS": "nominatim, amap", "CORRIDOR_AMAP_KEY": KEY})
    assert [one.id for one in found] == ["nominatim", "amap"]
    assert found[1].key == KEY and KEY not in repr(Settings(geocoders=found))


@pytest.mark.parametrize(
    ("environ", "variable"),
    [
        ({"CORRIDOR_GEOCODERS": "google"}, "CORRIDOR_GEOCODERS"),
        ({"CORRIDOR_GEOCODERS": "amap"}, "CORRIDOR_AMAP_KEY"),
        (
            {"CORRIDOR_GEOCODERS": "nominatim", "CORRIDOR_NOMINATIM_URL": "file:///x"},
            "CORRIDOR_NOMINATIM_URL",
        ),
    ],
)
def test_a_wrong_setting_is_told_by_its_name(environ: dict[str, str], variable: str) -> None:
    with pytest.raises(BadSettings, match=variable):
        services(environ)


def gazetteer(folder: Path) -> Path:
    """A folder of sources beside an empty gazetteer."""
    (folder / "gazetteer").mkdir()
    for name, header in (
        ("seats", "name_zh,district,lon,lat,evidence"),
        ("towns", "name_zh,district,lon,lat"),
        ("localities", "name_zh,aliases,district,lon,lat,precision,radius_m,evidence"),
    ):
        (folder / "gazetteer" / f"{name}.csv").write_text(f"{header}\n", "utf-8")
    return folder / "sources"


def chain_with(service: StandIn, folder: Path) -> geocode.Chain:
    listed = (GeocodingService("amap", service.url, KEY, per_second=1000),)
    settings = Settings(geocoders=listed, geocode_cache=folder / "cache")
    return geocode.chain(settings, areas(), (), folder=gazetteer(folder))


def test_a_service_is_a_member_of_the_chain(service: StandIn, tmp_path: Path) -> None:
    service.answers(amap(location="114.2555,30.2475"))
    found = chain_with(service, tmp_path).find("某路1号", city=WUHAN, district=WEST)
    assert found and (found.by, found.precision) == ("amap", "site")


def test_a_service_that_answers_outside_the_district_is_told_and_not_believed(
    service: StandIn, tmp_path: Path
) -> None:
    service.answers(FOUND["amap"])  # a kilometre north of the square
    found = chain_with(service, tmp_path).ask(Sought("某路1号", WUHAN, WEST))
    assert found.best and found.best.by == "district"
    assert [(one.first.by, one.second.by) for one in found.disagreements] == [
        ("amap", "district"),
        ("amap", "city"),
    ]
