"""Read a collection with PyQGIS and write counts as JSON; run by the system's Python, which has QGIS.

Arguments: address of the service, name of the collection, key, bbox by commas, an expression for features.
"""

import json
import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import (
    QgsApplication,
    QgsDataSourceUri,
    QgsFeatureRequest,
    QgsRectangle,
    QgsVectorLayer,
)


def layer_of(base, name, key):
    """Return the collection as a layer, signed in by a Basic password."""
    uri = QgsDataSourceUri()
    uri.setParam("url", base)
    uri.setParam("typename", name)
    uri.setUsername("gridder")
    uri.setPassword(key)
    return QgsVectorLayer(uri.uri(False), name, "OAPIF")


def main(base, name, key, bbox, expression):
    """Read everything, a box and an expression."""
    application = QgsApplication([], False)
    application.initQgis()
    layer = layer_of(base, name, key)
    found = {"valid": layer.isValid()}
    if layer.isValid():
        rectangle = QgsRectangle(*map(float, bbox.split(",")))
        box = QgsFeatureRequest().setFilterRect(rectangle)
        wish = QgsFeatureRequest().setFilterExpression(expression)
        both = QgsFeatureRequest().setFilterRect(rectangle).setFilterExpression(expression)
        found |= {
            "count": layer.featureCount(),
            "bbox": sum(1 for _ in layer.getFeatures(box)),
            "filtered": sum(1 for _ in layer.getFeatures(wish)),
            "both": sum(1 for _ in layer.getFeatures(both)),
            "ids": len({feature["grid_id"] for feature in layer.getFeatures()}),
        }
    del layer
    sys.stdout.write(json.dumps(found))
    application.exitQgis()


main(*sys.argv[1:])
