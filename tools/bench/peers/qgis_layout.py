"""A scene as an A3 sheet by QGIS: run by the Python that has QGIS, with the scene and the PDF to write.

Map, legend, scale bar and title; names of points by QGIS's own placement, as text. Prints CPU seconds and memory as
JSON.
"""

import json
import os
import resource
import sys
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsLayoutExporter,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutItemScaleBar,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsPalLayerSettings,
    QgsPrintLayout,
    QgsProject,
    QgsRectangle,
    QgsRenderContext,
    QgsTextFormat,
    QgsUnitTypes,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtGui import QColor

MILLIMETRES = QgsUnitTypes.LayoutMillimeters
POINTS = QgsUnitTypes.RenderPoints


def main() -> None:
    source, target = sys.argv[1:]
    application = QgsApplication([], False)
    application.initQgis()
    with open(source, encoding="utf-8") as file:
        scene = json.load(file)
    project = QgsProject.instance()
    project.setCrs(QgsCoordinateReferenceSystem("EPSG:4547"))
    for number, layer in enumerate(scene["layers"]):
        project.addMapLayer(_layer(layer, f"{source}.{number}.geojson"))
    _print(project, scene, target)  # the first time is not counted: the process is warm then
    started = time.process_time()
    _print(project, scene, target)
    spent = time.process_time() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu": spent, "memory": memory}), flush=True)
    os._exit(0)  # QGIS may crash as it ends, with all done


def _layer(layer, path):
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"type": "FeatureCollection", "features": layer["features"]}, file)
    made = QgsVectorLayer(path, layer["name"], "ogr")
    symbol = made.renderer().symbol()
    symbol.setColor(QColor(layer["color"]))
    if layer["kind"] == "Point":
        symbol.setSize(layer["size"])
        symbol.setSizeUnit(POINTS)
        made.setLabeling(QgsVectorLayerSimpleLabeling(_names()))
        made.setLabelsEnabled(True)
    elif "Polygon" in layer["kind"]:
        made.setOpacity(0.35)
    return made


def _names():
    look = QgsTextFormat()
    look.setSize(6.05)
    look.setSizeUnit(POINTS)
    look.buffer().setEnabled(True)
    look.buffer().setSize(0.6)
    wanted = QgsPalLayerSettings()
    wanted.fieldName = "name"
    wanted.placement = QgsPalLayerSettings.OrderedPositionsAroundPoint
    wanted.setFormat(look)
    return wanted


def _print(project, scene, target) -> None:
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    layout.pageCollection().page(0).setPageSize("A3")
    shown = QgsLayoutItemMap(layout)
    shown.attemptMove(QgsLayoutPoint(8, 30, MILLIMETRES))
    shown.attemptResize(QgsLayoutSize(230, 230, MILLIMETRES))
    turn = QgsCoordinateTransform(QgsCoordinateReferenceSystem("EPSG:4326"), project.crs(), project)
    shown.setExtent(turn.transformBoundingBox(QgsRectangle(*scene["extent"])))
    shown.setScale(scene["scale"])
    layout.addLayoutItem(shown)
    legend = QgsLayoutItemLegend(layout)
    legend.attemptMove(QgsLayoutPoint(245, 30, MILLIMETRES))
    layout.addLayoutItem(legend)
    bar = QgsLayoutItemScaleBar(layout)
    bar.setLinkedMap(shown)
    bar.applyDefaultSize()
    bar.attemptMove(QgsLayoutPoint(180, 270, MILLIMETRES))
    layout.addLayoutItem(bar)
    title = QgsLayoutItemLabel(layout)
    title.setText(scene["title"])
    title.attemptMove(QgsLayoutPoint(150, 10, MILLIMETRES))
    title.attemptResize(QgsLayoutSize(150, 12, MILLIMETRES))
    layout.addLayoutItem(title)
    wanted = QgsLayoutExporter.PdfExportSettings()
    wanted.textRenderFormat = QgsRenderContext.TextFormatAlwaysText
    done = QgsLayoutExporter(layout).exportToPdf(target, wanted)
    if done != QgsLayoutExporter.Success:
        raise SystemExit(f"QGIS {Qgis.QGIS_VERSION} could not write {target}: {done}")


if __name__ == "__main__":
    main()
