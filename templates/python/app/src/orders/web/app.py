"""The application as ASGI sees it."""

from orders.catalog import routes as catalog
from orders.identity import routes as identity
from orders.ordering import routes as ordering
from orders.web import faults
from orders.web.context import RequestContext
from orders.web.documentation import INFO, DocumentedAPI
from orders.web.services import Services


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
