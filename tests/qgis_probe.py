"""Run by the Python that QGIS is built for: opens every collection of a service and prints what QGIS sees."""

import json
import sys

from qgis.core import QgsApplication, QgsFeatureRequest, QgsRectangle, QgsVectorLayer
from qgis.PyQt.QtCore import QDate, QDateTime, QVariant

BOX = QgsRectangle(114.3, 30.3, 114.7, 30.7)


def opened(url: str, collection: str, more: str = "") -> QgsVectorLayer:
    """A collection as a layer."""
    uri = f"url='{url}' typename='{collection}' restrictToRequestBBOX='0'{more}"
    return QgsVectorLayer(uri, collection, "OAPIF")


def plain(value: object) -> object:
    """A value of an attribute as JSON has it."""
    if isinstance(value, QVariant) and value.isNull():
        return None
    if isinstance(value, QDate):
        return value.toString("yyyy-MM-dd")
    if isinstance(value, QDateTime):
        return value.toString("yyyy-MM-ddTHH:mm:ssZ")
    return value


def read(layer: QgsVectorLayer) -> dict:
    """Every feature by its key: its attributes and its geometry."""
    names = [field.name() for field in layer.fields()]
    seen = {}
    for feature in layer.getFeatures():
        values = dict(zip(names, map(plain, feature.attributes()), strict=True))
        geometry = feature.geometry().asWkt(8) if feature.hasGeometry() else None
        seen[values["key"]] = [values, geometry]
    return seen


def look(url: str, collection: str) -> dict:
    """What QGIS makes of one collection."""
    layer = opened(url, collection)
    if not layer.isValid():
        return {"valid": False}
    features, box = read(layer), layer.extent()
    chosen = QgsFeatureRequest().setFilterExpression('"city" = 420700 AND "precision" <> \'city\'')
    return {
        "valid": True,
        "count": layer.featureCount(),
        "features": features,
        "paged": sorted(read(opened(url, collection, " pageSize='3'"))),
        "types": {field.name(): field.typeName() for field in layer.fields()},
        "extent": [box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()],
        "in_box": sorted(feature["key"] for feature in layer.getFeatures(BOX)),
        "chosen": sorted(feature["key"] for feature in layer.getFeatures(chosen)),
    }


def main() -> None:
    """`qgis_probe.py URL COLLECTION…`: one JSON object on standard output."""
    application = QgsApplication([], False)
    application.initQgis()
    seen = {name: look(sys.argv[1], name) for name in sys.argv[2:]}
    print(json.dumps(seen))
    sys.stdout.flush()
    application.exitQgis()


main()
