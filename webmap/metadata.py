"""What is known of a layer as a whole: the core of ISO 19115-1, by the names that the standard gives it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gis import counts
from gis.expression import CRS84
from gis.geometry import CRS_CODES
from gis.layer import THEME_TITLES, Layer
from gis.repository import Published, Source, Summary
from webmap import context, describe, links

STANDARD = "ISO 19115-1:2014"
CONSTRAINTS = (
    "规划分析与展示用；界线不作为划界依据；示意要素不示确切位置。公开展示须经地图审核。",
    "For planning and display; boundaries are no basis for delimitation; schematic features show no exact "
    "place. Public display needs a map approval.",
)


@dataclass(frozen=True)
class Facts:
    """What a published layer holds, counted: `sources` and `precisions` say how many features have each."""

    layer: Layer
    summary: Summary
    published: Published
    sources: Mapping[str, int]
    precisions: Mapping[object, int]

    def source(self, document: str) -> Source:
        """The document of an id; one that is not registered is known by its id alone."""
        return self.published.sources.get(document, Source(document, document))


def facts(layer: Layer) -> Facts:
    """The facts of a layer in the published version."""
    return Facts(
        layer,
        context.summary(layer),
        context.published(),
        counts.by_source(context.by_value(layer, "source").items()),
        context.by_value(layer, "precision"),
    )


def document(known: Facts, lang: str) -> dict[str, Any]:
    """The metadata of a layer as JSON, in a language."""
    layer, published = known.layer, known.published
    return {
        "metadataStandard": STANDARD,
        "metadataIdentifier": f"{layer.id}@{published.version}",
        "metadataLanguage": "eng" if lang == "en" else "zho",
        "metadataScope": "dataset",
        "dateStamp": context.generated().date().isoformat(),
        "identificationInfo": _identification(known, lang),
        "spatialRepresentationInfo": {"type": "vector", "geometry": layer.geometry.value},
        "referenceSystemInfo": [
            {"identifier": uri, "code": code, "storage": uri == CRS84} for uri, code in CRS_CODES.items()
        ],
        "dataQualityInfo": {"scope": "dataset", "positionalPrecision": list(_precisions(known, lang))},
        "resourceLineage": {"statement": layer.description, "source": list(_sources(known))},
        "distributionInfo": [
            {"format": link["type"], "href": link["href"], "title": link["title"]}
            for link in links.collection(layer)
            if link["rel"] == "items"
        ],
        "links": list(links.here(links.JSON, f"{layer.title} metadata")),
    }


def _identification(known: Facts, lang: str) -> dict[str, Any]:
    layer, published = known.layer, known.published
    found = {
        "title": layer.heading(lang),
        "alternateTitle": layer.title if lang == "en" else layer.title_en,
        "edition": published.version,
        "date": published.as_of.isoformat() if published.as_of else None,
        "abstract": layer.description or layer.heading(lang),
        "keyword": [THEME_TITLES[layer.theme][lang == "en"], *_kinds(layer, lang)],
        "topicCategory": "planningCadastre",
        "resourceLanguage": "zho",
        "characterSet": "utf8",
        "featureCount": known.summary.count,
        "extent": describe.extent(known.summary),
        "resourceConstraints": {
            "useLimitation": CONSTRAINTS[lang == "en"],
            "attribution": describe.ATTRIBUTION,
            "mapApproval": context.settings().map_approval or None,
        },
    }
    return {name: value for name, value in found.items() if value not in ("", None)}


def _kinds(layer: Layer, lang: str) -> Iterator[str]:
    for kind in layer.kinds:
        yield kind.title_en or kind.title if lang == "en" else kind.title


def _precisions(known: Facts, lang: str) -> Iterator[dict[str, Any]]:
    field = known.layer.field("precision")
    for code, count in known.precisions.items():
        yield {"code": code, "title": field.value_title(code, lang), "featureCount": count}


def _sources(known: Facts) -> Iterator[dict[str, Any]]:
    for document_id, count in known.sources.items():
        source = known.source(document_id)
        yield {
            "identifier": source.id,
            "title": source.title,
            "responsibleParty": source.issuer or None,
            "date": source.date.isoformat() if source.date else None,
            "featureCount": count,
        }
