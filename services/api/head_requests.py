"""``HEAD`` beside ``GET``: for harvesters, checkers of links, and whoever watches the service."""

from fastapi import APIRouter
from fastapi.routing import APIRoute


def answer_heads(router: APIRouter) -> None:
    """Lets everything that a router serves by ``GET`` be asked for by ``HEAD`` as well.

    The server leaves the body out. Not in the OpenAPI document, where each would be an operation.
    """
    for route in [one for one in router.routes if isinstance(one, APIRoute)]:
        if route.methods == {"GET"}:
            router.add_api_route(
                route.path, route.endpoint, methods=["HEAD"], include_in_schema=False
            )
