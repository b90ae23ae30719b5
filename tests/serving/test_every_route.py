"""Every route needs the key, except those named here; every form needs its token. Routes that are added later, too."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI, Security, WebSocket
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from pydantic import BaseModel
from starlette.responses import PlainTextResponse

from modiste.portable.predictor import Predictor
from modiste.review.store import ReviewStore
from modiste.serving.access import AccessControl, RequiredKey
from modiste.serving.api import Services, api_routes
from modiste.serving.background import BackgroundJob, CatalogueJobs
from modiste.serving.inference import InferenceService
from modiste.serving.metrics import Drift, Metrics
from modiste.serving.pages.errors import add_error_handlers
from modiste.serving.pages.site import Site
from modiste.serving.sessions import COOKIE, Session
from modiste.serving.uploads import RequestLimits, UploadBudget

KEY = "k3y"
BEARER = {"Authorization": f"Bearer {KEY}"}

OPEN = {
    "GET /docs",
    "GET /healthz",
    "GET /openapi.json",
    "HEAD /openapi.json",
    "GET /readyz",
    "GET /sign-in",
    "POST /sign-in",
    "GET /static/{name}",
}
"""What may be asked without the key: whether the service is up, how it is used, how to sign in, how pages look."""

WRONG = "?top=x&before=x&explian=x"
"""Queries that no route takes: who has no key must not even hear that they are wrong."""


class Body(BaseModel):
    number: int


@pytest.fixture
def client(ask: Callable[..., TestClient], tmp_path: Path) -> Iterator[TestClient]:
    """A client of a service with a key and everything that a service can have; it does not know the key."""
    jobs = CatalogueJobs("shop", BackgroundJob(lambda _: ""), BackgroundJob(lambda _: ()))
    with ReviewStore.open(tmp_path / "reviews.db") as store:
        yield ask(key=KEY, store=store, jobs=jobs)


def routes_of(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Yields the method and the path of every route; the method is empty where a route is of an unknown kind."""
    for route in iter_route_contexts(app.routes):
        for method in sorted(route.methods or {""}):
            yield method, str(route.path)


def open_routes(app: FastAPI) -> set[str]:
    """Returns the routes that do something else without the key than to ask for it."""
    client = TestClient(app, base_url="http://localhost", follow_redirects=False)
    found = set()
    for method, path in routes_of(app):
        if not method or not _asks_for_key(client, method, re.sub(r"\{\w+\}", "x", path)):
            found.add(f"{method} {path}")
    return found


def _asks_for_key(client: TestClient, method: str, path: str) -> bool:
    json = {"Content-Type": "application/json"}
    response = client.request(method, path + WRONG, content=b"{damaged", headers=json)
    if response.status_code == 303:
        return response.headers["location"].startswith("/sign-in?")
    if path == "/cards":  # a script asks for it, which shows the text
        return (response.status_code, response.text) == (403, "you are not signed in; sign in again")
    return response.status_code == 401


def forms_without_token(app: FastAPI, *, session: str) -> set[str]:
    """Returns the pages' routes that change something for a user who signed in, though no page of ours asked them to.

    Args:
        app: The service.
        session: The cookie of that user.
    """
    client = TestClient(app, base_url="http://localhost", follow_redirects=False, headers={"Cookie": session})
    found = set()
    for method, path in routes_of(app):
        if method not in {"GET", "HEAD", "OPTIONS"} and not path.startswith("/v1"):
            response = client.request(method, path, files={"key": (None, KEY)}, headers={"Accept": "application/json"})
            if response.status_code != 403 or "this page is out of date" not in response.text:
                found.add(f"{method} {path}")
    return found


def signed_in(client: TestClient) -> str:
    """Signs in; returns the header of the session's cookie."""
    page = client.get("/sign-in").text
    token = re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]
    assert client.post("/sign-in", files={"csrf_token": (None, token), "key": (None, KEY)}).url.path == "/"
    return f"{COOKIE}={client.cookies[COOKIE]}"


def app_of(client: TestClient) -> FastAPI:
    assert isinstance(client.app, FastAPI)
    return client.app


def test_every_route_asks_for_the_key_but_a_few(client: TestClient) -> None:
    routes = {f"{method} {path}" for method, path in routes_of(app_of(client))}
    assert open_routes(app_of(client)) == OPEN
    assert routes > OPEN | {"POST /v1/tag", "GET /metrics", "POST /cards", "POST /review/decide", "GET /catalogue"}


def test_every_form_needs_the_token_of_its_page(client: TestClient) -> None:
    assert forms_without_token(app_of(client), session=signed_in(client)) == set()


def test_whoever_has_the_key_hears_what_is_wrong(client: TestClient) -> None:
    assert client.post(f"/v1/tag{WRONG}", headers=BEARER).status_code == 422
    client.headers["Cookie"] = signed_in(client)
    assert client.get(f"/review/record{WRONG}").status_code == 422


def add_to_app(app: FastAPI) -> str:
    app.get("/v1/forgotten")(lambda: None)
    return "GET /v1/forgotten"


def add_page(app: FastAPI) -> str:
    router = APIRouter(include_in_schema=False)
    router.delete("/review/{item}")(lambda item: None)
    app.include_router(router)
    return "DELETE /review/{item}"


def add_body(app: FastAPI) -> str:
    """It depends on the key, but FastAPI reads and checks a body that is declared before it asks dependencies."""
    router = APIRouter(dependencies=[Security(RequiredKey(AccessControl(KEY)))])

    @router.put("/v1/declared")
    async def declared(body: Body) -> None: ...

    app.include_router(router)
    return "PUT /v1/declared"


def add_websocket(app: FastAPI) -> str:
    async def talk(socket: WebSocket) -> None: ...

    app.websocket("/talk")(talk)
    return " /talk"


def add_mount(app: FastAPI) -> str:
    app.mount("/other", PlainTextResponse("other"))
    return " /other"


@pytest.mark.parametrize("add", [add_to_app, add_page, add_body, add_websocket, add_mount])
def test_a_route_that_somebody_adds_without_the_key_is_found(client: TestClient, add: Callable[[FastAPI], str]) -> None:
    assert open_routes(app_of(client)) == OPEN
    route = add(app_of(client))
    assert open_routes(app_of(client)) == OPEN | {route}


def test_a_form_that_somebody_adds_without_its_token_is_found(client: TestClient) -> None:
    session = signed_in(client)
    app = app_of(client)
    app.post("/review/forget")(lambda: None)
    assert forms_without_token(app, session=session) == {"POST /review/forget"}


@pytest.fixture
def services(predictor: Predictor) -> Services:
    limits, metrics = RequestLimits(), Metrics(Drift([], []))
    inference = InferenceService(predictor, precision=0.98, limits=limits, metrics=metrics)
    return Services(inference, UploadBudget(limits), AccessControl(KEY), metrics)


def test_what_is_added_to_our_routers_is_protected_by_them(services: Services) -> None:
    site = Site(services.access, services.budget, [])
    api, pages, forms = api_routes(services), site.pages("/new"), site.forms("/new")
    api.get("/v1/new")(lambda: None)
    pages.get("/page")(lambda: None)
    forms.post("/form")(lambda: None)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    for router in (api, pages, forms):
        app.include_router(router)
    add_error_handlers(app, site)
    assert {"GET /v1/new", "GET /new/page", "POST /new/form"} <= {" ".join(route) for route in routes_of(app)}
    assert open_routes(app) == set()
    session = services.access.sessions.pack(Session(signed_in=True))
    assert forms_without_token(app, session=f"{COOKIE}={session}") == set()
