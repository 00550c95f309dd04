"""Rate limits, on processes with small ones."""

from __future__ import annotations

import uuid

import pytest
from harness.client import PASSWORD, sign_up, unique_email
from harness.operations import one_of_each

LIMIT = 4
ENOUGH = 2 * LIMIT + 2
"""More than two windows hold, wherever the first began."""


@pytest.fixture(scope="module")
def direct(serve_for_module):
    """Reached by its clients themselves."""
    return serve_for_module(RATE_LIMIT_AUTH_PER_MINUTE=str(LIMIT), RATE_LIMIT_PER_MINUTE=str(LIMIT)).http


@pytest.fixture(scope="module")
def proxied(serve_for_module):
    """Behind one proxy, which writes the last entry of X-Forwarded-For."""
    return serve_for_module(RATE_LIMIT_AUTH_PER_MINUTE=str(LIMIT), TRUST_PROXY_HOPS="1").http


def sign_in(http, email=None, forwarded=None):
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    body = {"email": email or unique_email(), "password": PASSWORD}
    return http.post("/v1/auth/sign-in", json=body, headers=headers)


def assert_limited(answers):
    statuses = [answer.status_code for answer in answers]
    assert 429 not in statuses[:LIMIT], statuses
    assert 429 in statuses, statuses
    limited = next(answer for answer in answers if answer.status_code == 429)
    assert 1 <= int(limited.headers["retry-after"]) <= 60


def test_an_account_may_ask_so_often_and_no_more(http, direct):
    busy, calm = sign_up(http), sign_up(http)
    busy.http = calm.http = direct
    assert_limited([busy.get("/v1/products") for _ in range(ENOUGH)])
    assert calm.get("/v1/products").status_code == 200


def test_requests_without_a_token_do_not_count_for_an_account(http, direct):
    account = sign_up(http)
    account.http = direct
    assert {direct.get("/v1/me").status_code for _ in range(ENOUGH)} == {401}
    assert account.get("/v1/me").status_code == 200


def test_the_document_is_not_limited(direct):
    assert {direct.get("/openapi.json").status_code for _ in range(ENOUGH)} == {200}


def test_an_address_may_try_so_many_passwords_and_no_more_whatever_it_forwards(direct):
    """Nobody stands in front: who writes X-Forwarded-For is the client."""
    assert_limited([sign_in(direct, forwarded=f"198.51.100.{number}") for number in range(ENOUGH)])


def test_each_operation_tells_who_asks_too_often(http, direct):
    account = sign_up(http)
    account.http = direct
    for name, asked in one_of_each(str(uuid.uuid4()), str(uuid.uuid4())).items():
        assert 429 in {asked.send(account).status_code for _ in range(ENOUGH)}, name


def test_the_limit_comes_before_the_body_is_looked_at(direct):
    assert 429 in {direct.post("/v1/users", content=b"{").status_code for _ in range(ENOUGH)}


def test_what_the_own_proxy_wrote_tells_addresses_apart(proxied):
    answers = [sign_in(proxied, forwarded=f"198.51.100.{number}") for number in range(ENOUGH)]
    assert {answer.status_code for answer in answers} == {401}


def test_what_the_client_wrote_before_the_proxy_is_not_believed(proxied):
    assert_limited([sign_in(proxied, forwarded=f"192.0.2.{number}, 203.0.113.1") for number in range(ENOUGH)])


def test_an_account_may_be_tried_so_often_and_no_more_from_any_address(http, proxied):
    email = sign_up(http).email
    cases = [email, email.upper()] * ENOUGH
    answers = [sign_in(proxied, cases[number], f"198.51.100.{100 + number}") for number in range(ENOUGH)]
    assert_limited(answers)


def test_a_forwarded_header_that_is_no_address_harms_nothing(proxied):
    for forwarded in ("", "garbage", "1.2.3.4, garbage", "::1", "[::1]:80", "198.51.100.1:8080", "a" * 4000, ",,,"):
        assert sign_in(proxied, forwarded=forwarded).status_code in {401, 429}
