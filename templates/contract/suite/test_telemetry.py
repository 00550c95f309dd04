"""Traces and metrics."""

from __future__ import annotations

import signal
import uuid

import httpx
from harness import metrics
from harness.processes import free_port, wait_until

DURATION = "http_server_request_duration_seconds"


def test_a_request_continues_the_trace_of_its_caller_into_the_delivery(service, account, database):
    trace = uuid.uuid4().hex
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01", "Idempotency-Key": trace}
    body = {"lines": [{"product_id": database.add_product(), "quantity": 1}]}
    assert account.request("POST", "/v1/orders", json=body, headers=headers).status_code == 201
    spans = wait_until(lambda: service.traces.of(trace), "spans of the request arrive")
    assert {span.service for span in spans} == {"orders-api"}
    served = wait_until(lambda: [span for span in service.traces.of(trace) if span.is_server], "the server's span")
    assert len(served) == 1
    assert served[0].parent == "00f067aa0ba902b7"
    assert "POST" in served[0].name
    wait_until(lambda: len(service.traces.of(trace)) > 1, "the delivery belongs to the trace")


def test_spans_show_no_secret(service, account, traffic):
    trace = uuid.uuid4().hex
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    wrong = {"email": account.email, "password": "canary-password, wrong"}
    assert account.http.post("/v1/auth/sign-in", json=wrong).status_code == 401
    in_address = {"access_token": account.access_token}
    assert account.http.get("/v1/me", params=in_address, headers=headers).status_code == 401
    wait_until(lambda: service.traces.of(trace), "spans arrive")
    assert [span for span in service.traces.spans if traffic.secrets_in(repr(span))] == []


def test_a_collector_that_is_not_there_harms_nothing(serve, account):
    process = serve(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{free_port()}")
    account.http = process.http
    assert {account.get("/v1/me").status_code for _ in range(5)} == {200}
    process.api.process.send(signal.SIGTERM)
    assert process.api.process.wait(within=12) == 0


def requests_counted(started, **labels):
    return sum(
        sample.value
        for sample in metrics.read(started.admin_url)
        if sample.name == f"{DURATION}_count" and labels.items() <= sample.labels.items()
    )


def test_requests_are_counted_by_method_route_and_status(started, account):
    before = requests_counted(started, http_request_method="GET", http_response_status_code="404")
    for _ in range(3):
        assert account.get(f"/v1/orders/{uuid.uuid4()}").status_code == 404
    after = requests_counted(started, http_request_method="GET", http_response_status_code="404")
    assert after - before == 3
    buckets = [sample for sample in metrics.read(started.admin_url) if sample.name == f"{DURATION}_bucket"]
    assert {"+Inf"} < {sample.labels["le"] for sample in buckets}
    names = {"http_request_method", "http_route", "http_response_status_code"}
    assert all(names <= sample.labels.keys() for sample in buckets)


def test_what_callers_make_up_is_no_label(started, account):
    for _ in range(10):
        made_up = uuid.uuid4().hex
        account.get(f"/v1/orders/{uuid.uuid4()}")
        account.get(f"/v1/products/{made_up}")
        account.get(f"/{made_up}")
        assert httpx.request(f"X{made_up[:6]}".upper(), f"{started.base_url}/v1/me", trust_env=False).status_code in {
            400,
            405,
            501,
        }
    samples = [sample for sample in metrics.read(started.admin_url) if sample.name == f"{DURATION}_count"]
    routes = {sample.labels["http_route"] for sample in samples}
    methods = {sample.labels["http_request_method"] for sample in samples}
    assert len(routes) <= 16, routes
    assert not [route for route in routes if any(len(part) >= 32 for part in route.split("/"))]
    assert methods <= {
        "GET",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
        "OPTIONS",
        "HEAD",
        "TRACE",
        "CONNECT",
        "QUERY",
        "_OTHER",
    }


def test_connections_to_the_database_are_measured(started):
    samples = metrics.read(started.admin_url)
    states = {
        sample.labels["db_client_connection_state"]: sample.value
        for sample in samples
        if sample.name == "db_client_connection_count"
    }
    limit = next(sample.value for sample in samples if sample.name == "db_client_connection_max")
    assert states.keys() == {"used", "idle"}
    assert 0 < sum(states.values()) <= limit
