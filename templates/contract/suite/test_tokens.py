"""Refresh tokens: each works once, and a family ends as one."""

from __future__ import annotations

import base64
import hashlib

import pytest
from harness.client import sign_up
from harness.crowd import Crowd


@pytest.fixture
def family(http):
    return sign_up(http).refresh_token


def refresh(http, token):
    return http.post("/v1/auth/refresh", json={"refresh_token": token})


def sign_out(http, token):
    return http.post("/v1/auth/sign-out", json={"refresh_token": token})


def test_a_refresh_token_works_once_and_its_second_use_ends_the_family(http, family):
    second = refresh(http, family)
    assert second.status_code == 200
    third = refresh(http, second.json()["refresh_token"])
    assert third.status_code == 200
    assert refresh(http, family).status_code == 401
    assert refresh(http, third.json()["refresh_token"]).status_code == 401, "the newest token outlives a reuse"


def test_the_end_of_one_family_leaves_the_others(http):
    account = sign_up(http)
    again = http.post("/v1/auth/sign-in", json={"email": account.email, "password": account.password}).json()
    refresh(http, account.refresh_token)
    assert refresh(http, account.refresh_token).status_code == 401
    assert refresh(http, again["refresh_token"]).status_code == 200


def row_of(database, token):
    """Return the id under which a token's hash is kept, of its text or of its bytes."""
    hashes = [hashlib.sha256(each).digest() for each in (token.encode(), base64.urlsafe_b64decode(token + "="))]
    return str(database.value("select id from refresh_tokens where token_hash = any(%s)", hashes))


def test_of_parallel_refreshes_one_succeeds_and_the_family_ends(http, database, family):
    with Crowd() as crowd, database.locked("refresh_tokens", row_of(database, family)) as lock:
        answers = crowd.start([lambda: refresh(http, family)] * 5)
        database.until_waiting(5)
        lock.rollback()
        answers = [answer.result() for answer in answers]
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401, 401]
    newest = next(answer.json()["refresh_token"] for answer in answers if answer.status_code == 200)
    assert refresh(http, newest).status_code == 401


def test_a_token_issued_while_its_family_ends_has_ended_too(http, database, family):
    with Crowd() as crowd, database.locked("refresh_tokens", row_of(database, family)) as lock:
        exchange = crowd.start([lambda: refresh(http, family)])
        database.until_waiting(1)
        end = crowd.start([lambda: sign_out(http, family)])
        database.until_waiting(2)
        lock.rollback()
        [exchanged], [ended] = ([each.result() for each in answers] for answers in (exchange, end))
    assert ended.status_code == 204
    if exchanged.status_code == 200:
        assert refresh(http, exchanged.json()["refresh_token"]).status_code == 401
    else:
        assert exchanged.status_code == 401


def test_sign_out_ends_the_family_and_may_be_repeated(http, family):
    newest = refresh(http, family).json()["refresh_token"]
    assert sign_out(http, newest).status_code == 204
    assert sign_out(http, newest).status_code == 204
    assert refresh(http, newest).status_code == 401


def test_sign_out_with_an_older_token_ends_the_family_as_well(http, family):
    newest = refresh(http, family).json()["refresh_token"]
    assert sign_out(http, family).status_code == 204
    assert refresh(http, newest).status_code == 401


def test_sign_out_with_an_unknown_token_is_answered_alike(http):
    assert sign_out(http, "A" * 43).status_code == 204


def test_a_refresh_token_that_has_expired_does_not_count(http, database):
    account = sign_up(http)
    database.execute("update refresh_tokens set expires_at = now() - interval '1 s' where user_id = %s", account.id)
    assert refresh(http, account.refresh_token).status_code == 401


@pytest.mark.parametrize("token", ["A" * 43, "A", "_" * 128])
def test_an_unknown_refresh_token_does_not_count(http, token):
    assert refresh(http, token).status_code == 401


@pytest.mark.parametrize("token", ["", "A" * 129, "a b", "a.b", None, 1])
def test_a_malformed_refresh_token_is_invalid(http, token):
    assert refresh(http, token).status_code == 422
    assert sign_out(http, token).status_code == 422


def test_refresh_tokens_are_256_random_bits_of_which_the_database_has_the_hash(http, database):
    account = sign_up(http)
    raw = base64.urlsafe_b64decode(account.refresh_token + "=")
    assert len(raw) == 32
    kept = database.rows("select * from refresh_tokens where user_id = %s", account.id)
    assert len(kept) == 1
    hashes = {hashlib.sha256(raw).digest(), hashlib.sha256(account.refresh_token.encode()).digest()}
    assert kept[0]["token_hash"] in hashes
