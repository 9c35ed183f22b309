"""Everything that answers HTTP: the application is made by `create_app`, nothing happens at import."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from gis.config import Settings
from gis.database import Store, open_store
from gis.layer import Catalog
from webmap import (
    answers,
    api,
    areas,
    basemap,
    context,
    front,
    headers,
    pages,
    prints,
    problems,
    statics,
    stories,
    tiles,
)
from webmap.alias import Alias


def create_app(
    settings: Settings, catalog: Catalog, store: Store | None = None, started: datetime | None = None
) -> Flask:
    """The service over one store. The store is opened from the settings unless one is given.

    `started` is when the service began, the same for all its workers; now unless it is given.
    """
    app = Flask(__name__, static_folder="static", static_url_path="/static")
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = False
    statics.register(app)
    app.wsgi_app = Alias(app.wsgi_app)  # type: ignore[method-assign]
    if not settings.base_url:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=0, x_proto=1, x_host=1, x_prefix=1)  # type: ignore[method-assign]
    opened = store or open_store(settings)
    service = context.Service(settings, catalog, opened, started or datetime.now(UTC))
    context.attach(app, service)
    app.wsgi_app = front.Front(app.wsgi_app, service)  # type: ignore[method-assign]
    app.register_blueprint(api.bp)
    app.register_blueprint(pages.bp)
    app.register_blueprint(areas.bp)
    app.register_blueprint(tiles.bp)
    app.register_blueprint(prints.bp)
    app.register_blueprint(stories.bp)
    basemap.register(app)
    problems.register(app)
    # Called in the opposite order.
    front.register(app)
    headers.register(app)
    answers.register(app)
    return app
