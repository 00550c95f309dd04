"""What every answer carries, and what it takes over from the caller."""

from __future__ import annotations

import re

import httpx
import pytest


def test_openapi_and_problems_carry_the_security_headers_too(http):
    """Each answer's headers are checked where it is received; these are the ones a framework may make on its own."""
    for method, path in [("GET", "/openapi.json"), ("GET", "/nowhere"), ("PUT", "/v1/me"), ("GET", "/v1/me")]:
        assert http.request(method, path).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("request_id", ["a", "A-Z.a_z-0.9", "x" * 128])
def test_a_well_formed_request_id_is_taken_over(http, request_id):
    for path in ("/v1/me", "/nowhere", "/openapi.json"):
        assert http.get(path, headers={"X-Request-Id": request_id}).headers["x-request-id"] == request_id


@pytest.mark.parametrize("request_id", ["", "x" * 129, "a b", "a/b", '{"a":1}', "käse".encode(), "a,b"])
def test_any_other_request_id_is_replaced(http, request_id):
    given = http.get("/v1/me", headers={"X-Request-Id": request_id}).headers["x-request-id"]
    assert re.fullmatch(r"[A-Za-z0-9._-]{16,128}", given)


def test_every_request_gets_an_id_of_its_own(http):
    assert len({http.get("/v1/me").headers["x-request-id"] for _ in range(20)}) == 20


@pytest.mark.parametrize(
    "traceparent",
    [
        "",
        "garbage",
        "00-" + "0" * 32 + "-" + "0" * 16 + "-01",
        "ff-" + "a" * 32 + "-" + "b" * 16 + "-01",
        "00-" + "A" * 5000,
    ],
)
def test_a_malformed_traceparent_harms_nothing(somebody, traceparent):
    assert somebody.request("GET", "/v1/me", headers={"traceparent": traceparent}).status_code == 200


def test_health_is_answered_on_the_admin_listener_only(http, started):
    for path in ("/healthz", "/readyz", "/metrics"):
        assert http.get(path).status_code == 404
        assert httpx.get(started.admin_url + path, trust_env=False).status_code == 200
    for path in ("/healthz", "/readyz"):
        assert set(httpx.get(started.admin_url + path, trust_env=False).json()) == {"status"}
    assert httpx.get(started.admin_url + "/v1/products", trust_env=False).status_code == 404
