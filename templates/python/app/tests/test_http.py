"""What every answer has in common, and what is answered before any work."""

import asyncio

import httpx2
import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from storefront.database import Database
from storefront.settings import ApiSettings
from storefront.web.app import create_app
from storefront.web.operation import PUBLIC, Operation
from storefront.web.services import Services

CREDENTIALS = {"email": "ada@example.com", "password": "correct horse battery staple"}
JSON = {"Content-Type": "application/json"}


def test_all_operations_need_a_token_but_these(settings: ApiSettings, database: Database) -> None:
    app = create_app(Services.create(settings, database))
    routes = [context.original_route for context in iter_route_contexts(app.routes)]
    operations = [route for route in routes if isinstance(route, APIRoute)]
    assert all(isinstance(route, Operation) for route in operations)
    public = {route.operation_id for route in operations if route.openapi_extra == PUBLIC}
    assert public == {"signUp", "signIn", "refresh", "signOut"}


async def test_every_answer_has_an_id_and_the_security_headers(http: httpx2.AsyncClient) -> None:
    for path in ("/openapi.json", "/nowhere", "/v1/me"):
        answer = await http.get(path, headers={"X-Request-Id": "mine"})
        assert answer.headers["x-request-id"] == "mine"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
    assert len((await http.get("/v1/me", headers={"X-Request-Id": "a b"})).headers["x-request-id"]) == 32


async def test_the_document_says_what_it_describes(http: httpx2.AsyncClient) -> None:
    document = (await http.get("/openapi.json")).json()
    assert (document["info"]["title"], document["info"]["version"]) == ("Orders", "1.0.0")
    assert "title" not in document["components"]["schemas"]["OrderView"]["properties"]["version"]


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("GET", "/v1/orders/", 404), ("PUT", "/v1/orders", 405)]
)
async def test_errors_of_the_framework_are_problems(
    http: httpx2.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await http.request(method, path)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    if status == 405:
        assert set(answer.headers["allow"].split(", ")) == {"GET", "POST"}


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{}", {}, 415),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"{}", {**JSON, "Content-Encoding": "gzip"}, 415),
        (b"", JSON, 400),
        (b"{", JSON, 400),
        (b'{"email": NaN}', JSON, 400),
        ('{"email": "ü"}'.encode("latin-1"), JSON, 400),
        ("{}".encode("utf-16"), JSON, 400),
        (b'{"email": "\\ud800"}', JSON, 400),
        (b"[]", JSON, 422),
        (b'{"email": "' + b"a" * 65_536 + b'"}', JSON, 413),
        (b"[" + b"0," * 2000 + b"0]", JSON, 422),
    ],
)
async def test_a_body_that_is_none_of_ours_is_refused(
    http: httpx2.AsyncClient, content: bytes, headers: dict[str, str], status: int
) -> None:
    assert (await http.post("/v1/users", content=content, headers=headers)).status_code == status


async def test_a_refusal_names_every_fault_and_repeats_no_value(http: httpx2.AsyncClient) -> None:
    refused = await http.post("/v1/users", json={"password": "too short", "admin": True})
    assert {error["pointer"] for error in refused.json()["errors"]} == {"/email", "/password", "/admin"}
    assert "too short" not in refused.text
    unknown = await http.post("/v1/users", params={"admin": "1"}, json=CREDENTIALS)
    assert [error["parameter"] for error in unknown.json()["errors"]] == ["admin"]


async def test_the_token_comes_before_the_body(http: httpx2.AsyncClient) -> None:
    refused = await http.post("/v1/orders", content=b"{", headers={"Authorization": "Bearer x"})
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')


async def test_an_unexpected_fault_is_a_problem_without_its_words(
    http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr("storefront.identity.accounts.sign_up", fail)
    answer = await http.post("/v1/users", json=CREDENTIALS)
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:problem:internal-error")
    assert "secret" not in answer.text
    assert "a secret" in capsys.readouterr().out


async def test_a_request_has_a_deadline(
    settings: ApiSettings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dawdle(*_: object) -> None:
        await asyncio.sleep(10)

    monkeypatch.setattr("storefront.identity.accounts.sign_up", dawdle)
    hasty = settings.model_copy(update={"request_timeout_ms": 50})
    transport = httpx2.ASGITransport(create_app(Services.create(hasty, database)))
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as http:
        answer = await http.post("/v1/users", json=CREDENTIALS)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


async def test_sign_in_is_limited_by_email(settings: ApiSettings, database: Database) -> None:
    strict = Services.create(settings.model_copy(update={"rate_limit_auth_per_minute": 3}), database)
    generous = Services.create(settings, database)
    transport = httpx2.ASGITransport(create_app(replace_address_limit(strict, generous)))
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as http:
        answers = [await http.post("/v1/auth/sign-in", json=CREDENTIALS) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]


def replace_address_limit(services: Services, other: Services) -> Services:
    return Services(**{**vars(services), "by_address": other.by_address})
