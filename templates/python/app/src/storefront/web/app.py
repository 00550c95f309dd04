"""The application as ASGI sees it."""

from storefront.catalog import routes as catalog
from storefront.identity import routes as identity
from storefront.ordering import routes as ordering
from storefront.web import faults
from storefront.web.context import RequestContext
from storefront.web.documentation import INFO, DocumentedAPI
from storefront.web.services import Services


def create_app(services: Services) -> DocumentedAPI:
    """Return the public application."""
    app = DocumentedAPI(
        **INFO,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # Spans by FastAPI itself; its log records would carry the text of exceptions.
        telemetry={"logs": False, "metrics": False, "operation_spans": False},
    )
    app.state.services = services
    app.add_middleware(RequestContext)
    faults.install(app)
    for routes in (identity, catalog, ordering):
        app.include_router(routes.router)
    app.openapi()  # is made now, not while a request waits for it
    return app
