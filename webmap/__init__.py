"""Everything that answers HTTP: the application is made by `create_app`, nothing happens at import."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from gis.config import Settings
from gis.database import Store, open_store
from gis.layer import Catalog
from webmap import api, context, headers, pages, problems


def create_app(settings: Settings, catalog: Catalog, store: Store | None = None) -> Flask:
    """The service over one store. The store is opened from the settings unless one is given."""
    app = Flask(__name__, static_folder="static", static_url_path="/static")
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = False
    if not settings.base_url:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=0, x_proto=1, x_host=1, x_prefix=1)  # type: ignore[method-assign]
    context.attach(app, context.Service(settings, catalog, store or open_store(settings)))
    app.register_blueprint(api.bp)
    app.register_blueprint(pages.bp)
    problems.register(app)
    headers.register(app)
    return app
