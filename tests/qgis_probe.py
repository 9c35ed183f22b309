"""Run by the Python that QGIS is built for: opens every collection of a service and prints what QGIS sees."""

import json
import sys

from qgis.core import QgsApplication, QgsRectangle, QgsVectorLayer


def look(url: str, collection: str) -> dict:
    """What QGIS makes of one collection."""
    layer = QgsVectorLayer(
        f"url='{url}' typename='{collection}' restrictToRequestBBOX='0'", collection, "OAPIF"
    )
    features = list(layer.getFeatures()) if layer.isValid() else []
    box = layer.extent()
    return {
        "valid": layer.isValid(),
        "count": layer.featureCount(),
        "read": len(features),
        "with_geometry": sum(feature.hasGeometry() for feature in features),
        "fields": {field.name(): field.typeName() for field in layer.fields()},
        "extent": [box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()],
        "in_box": sum(1 for _ in layer.getFeatures(QgsRectangle(114.3, 30.3, 114.7, 30.7))),
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
