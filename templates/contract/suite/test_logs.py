"""Logs of the whole run: JSON, traceable, and without secrets."""

from __future__ import annotations

import json
import re
from datetime import datetime

import pytest
from harness.client import sign_up
from harness.processes import wait_until

SERVING = ("-api", "-worker")
FAULTY = 78
"""The exit code of a process that wrote the faults of its settings to stderr."""


def served(service):
    return [each for each in service.application.processes if each.name.endswith(SERVING) and each.code != FAULTY]


def test_at_the_level_debug_too_nothing_secret_is_logged(serve, database, traffic):
    talkative = serve(LOG_LEVEL="debug")
    account = sign_up(talkative.http)
    assert account.place((database.add_product(), 1)).status_code == 201
    talkative.http.post("/v1/auth/refresh", json={"refresh_token": account.refresh_token})
    talkative.http.post("/v1/auth/sign-in", json={"email": account.email, "password": "canary-password, wrong"})
    assert talkative.api.stop() == 0
    log = talkative.api.process.stdout.read_text(encoding="utf-8") + talkative.api.process.errors()
    assert not traffic.secrets_in(log)
    assert [json.loads(line) for line in log.splitlines()]


def test_a_request_ends_with_one_line_that_tells_what_was_asked_and_answered(service, account, http):
    trace = "0af7651916cd43dd8448eb211c80319c"
    order = "11111111-2222-4333-8444-555555555555"
    headers = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    answers = [
        account.request("GET", f"/v1/orders/{order}", headers=headers),
        http.get("/v1/nowhere"),
        http.put("/v1/me"),
        http.post("/v1/users", content=b"{", headers={"Content-Type": "application/json"}),
    ]

    def lines(answer):
        records = service.api.process.records()
        return [
            each for each in records if each.get("request_id") == answer.headers["x-request-id"] and "status" in each
        ]

    for answer in answers:
        line = wait_until(lambda answer=answer: lines(answer), "the request is logged")[0]
        assert len(lines(answer)) == 1
        assert (line["method"], line["status"]) == (answer.request.method, answer.status_code)
        assert isinstance(line["route"], str)
        assert "order" in line["route"] or answer is not answers[0]
        assert order not in line["route"]
        assert 0 <= line["duration_ms"] < 60_000
    assert lines(answers[0])[0]["trace_id"] == trace


@pytest.mark.last
def test_the_processes_that_served_the_run_are_still_there(service):
    assert (service.api.process.code, service.worker.code) == (None, None)
    assert service.api.status("/readyz") == 200


@pytest.mark.last
def test_every_line_of_every_process_is_json_with_time_level_and_message(service):
    for process in served(service):
        for line in [*process.lines(), *process.errors().splitlines()]:
            record = json.loads(line) if line.startswith("{") else None
            assert record, f"{process.name}: {line[:500]}"
            assert {"time", "level", "msg"} <= record.keys(), f"{process.name}: {line[:500]}"
            assert record["level"] in {"debug", "info", "warn", "error"}, line
            assert datetime.fromisoformat(record["time"]).tzinfo, line


@pytest.mark.last
def test_every_answer_of_the_run_can_be_found_by_its_request_id(service, traffic):
    logged = {}
    for process in served(service):
        for record in process.records():
            if "status" in record and "request_id" in record:
                logged.setdefault(record["request_id"], []).append(record["status"])
    assert logged
    missing = {each: status for each, status in traffic.answers.items() if status not in logged.get(each, [])}
    assert not missing, f"{len(missing)} of {len(traffic.answers)}"


@pytest.mark.last
def test_no_line_of_the_run_shows_a_secret(service, traffic):
    for process in service.application.processes:
        text = process.stdout.read_text(encoding="utf-8", errors="replace") + process.errors()
        assert not traffic.secrets_in(text), process.name
        assert not re.findall(r"eyJ[A-Za-z0-9_-]{10,}|\$argon2id\$|[Bb]earer eyJ", text), process.name
