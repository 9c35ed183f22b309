// The words of the interface in Chinese and English. `?lang=en` chooses.

const TEXTS = {
  zh: {
    layers: "图层与图例",
    layersButton: "图层",
    closePanel: "收起图层",
    loading: "正在载入 {done}/{all}",
    ready: "共 {count} 个要素",
    loadingLayer: "正在载入…",
    failed: "未能载入：{reason}",
    retry: "重试",
    failedSome: "{count} 个图层未能载入",
    status: "服务器答复 {status}",
    noAnswer: "没有答复",
    notDrawn: "其中 {count} 个无来源可定位，未绘制",
    zoomIn: "放大",
    zoomOut: "缩小",
    home: "全图",
    close: "关闭",
    schematic: "示意",
    schematicNote: "斜纹为示意：由有来源的节点作图，不示确切位置与边界",
    hollowNote: "空心虚边：只知其在某区县或城市，置于代表点四周；圈中数字是其个数，放大后分开",
    stack: "{place}：{count} 个要素位置仅知到此，放大后分开",
    unsettled: "内部资料 未经审图",
    approval: "审图号：{number}",
    asOf: "数据截止 {date}",
    version: "数据版本 {version}",
    boundaries: "界线不作为划界依据",
    sources: "资料来源",
    pointer: "东经 {lon}°  北纬 {lat}°",
    pointerWest: "{lon}°  {lat}°",
    crs: "WGS-84",
    where: "所在",
    precision: "位置精度",
    representative: "{precision}代表点",
    within: "误差 ±{radius}",
    schematicWords: "示意，不示确切位置与边界",
    source: "资料来源",
    coordinates: "坐标",
    copy: "复制",
    copied: "已复制",
    copyFailed: "请手工复制",
    item: "完整记录",
    yes: "是",
    no: "否",
    other: "English",
    mapLabel: "地图：方向键移动，加减键缩放，Tab 键逐个要素",
    theme: "{title}：全部显示或隐藏",
  },
  en: {
    layers: "Layers and legend",
    layersButton: "Layers",
    closePanel: "Close layers",
    loading: "Loading {done}/{all}",
    ready: "{count} features",
    loadingLayer: "Loading…",
    failed: "Not loaded: {reason}",
    retry: "Retry",
    failedSome: "{count} layers not loaded",
    status: "the server answered {status}",
    noAnswer: "no answer",
    notDrawn: "{count} of them have no known place and are not drawn",
    zoomIn: "Zoom in",
    zoomOut: "Zoom out",
    home: "Whole corridor",
    close: "Close",
    schematic: "schematic",
    schematicNote: "Hatched: schematic, drawn from documented nodes; no exact place or boundary",
    hollowNote: "Hollow, dashed rim: known only to its district or city, set around a representative point; a number counts them until you zoom in",
    stack: "{place}: {count} features are known only so far; zoom in to part them",
    unsettled: "Internal · not reviewed for publication",
    approval: "Map approval no. {number}",
    asOf: "Data as of {date}",
    version: "data version {version}",
    boundaries: "boundaries are not authoritative",
    sources: "Sources",
    pointer: "{lat}° N  {lon}° E",
    pointerWest: "{lat}°  {lon}°",
    crs: "WGS-84",
    where: "Where",
    precision: "Position",
    representative: "representative point of the {precision}",
    within: "±{radius}",
    schematicWords: "schematic, no exact place or boundary",
    source: "Sources",
    coordinates: "Coordinates",
    copy: "Copy",
    copied: "Copied",
    copyFailed: "Copy by hand",
    item: "Full record",
    yes: "yes",
    no: "no",
    other: "中文",
    mapLabel: "Map: arrow keys move, plus and minus zoom, Tab goes from feature to feature",
    theme: "{title}: show or hide all",
  },
};

const asked = new URLSearchParams(location.search).get("lang");

/** The language of the page: zh or en. */
export const lang = asked === "en" ? "en" : "zh";

/** A text of the interface, its {places} filled. */
export function t(key, values = {}) {
  return TEXTS[lang][key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** One of a pair of titles: Chinese, English. */
export function say([zh, en]) {
  return lang === "en" ? en || zh : zh;
}

/** A name of a feature in the language of the page. */
export function nameOf(properties) {
  return (lang === "en" && properties.name_en) || properties.name || "";
}

const formats = [0, 1, 2].map(
  (digits) => new Intl.NumberFormat(lang === "en" ? "en" : "zh-CN", { maximumFractionDigits: digits }),
);

/** A number with its thousands, and up to two decimals. */
export function number(value, digits = 0) {
  return formats[digits].format(value);
}

/** A length in metres or kilometres. */
export function distance(metres) {
  if (metres < 1000) return `${number(metres)} m`;
  return `${number(metres / 1000, metres < 10000 ? 1 : 0)} km`;
}

/** The page in the other language, the view kept. */
export function otherLanguage() {
  const url = new URL(location.href);
  if (lang === "en") url.searchParams.delete("lang");
  else url.searchParams.set("lang", "en");
  return url.href;
}
