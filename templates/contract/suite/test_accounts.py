"""Signing up and signing in."""

from __future__ import annotations

import re

import pytest
from harness.client import PASSWORD, sign_up, unique_email
from harness.crowd import at_once

LAMP = "\N{ELECTRIC LIGHT BULB}"
"""One code point, two UTF-16 units, four bytes."""


def sign_up_with(http, **members):
    return http.post("/v1/users", json={"email": unique_email(), "password": PASSWORD, **members})


def test_an_email_is_taken_once_whatever_its_letter_case(http):
    email = unique_email()
    assert sign_up_with(http, email=email).status_code == 201
    for same in (email, email.upper(), email.title()):
        refused = sign_up_with(http, email=same)
        assert refused.status_code == 409
        assert refused.json()["type"] == "urn:problem:email-taken"


def test_of_parallel_sign_ups_with_one_email_one_succeeds(http, database):
    email = unique_email()
    answers = at_once([lambda: sign_up_with(http, email=email)] * 8)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert database.value("select count(*) from users where email = %s", email) == 1


@pytest.mark.parametrize(
    "email",
    [
        *("", "ada", "ada@", "@example.com", "ada@example", "ada lovelace@example.com", "ada@example.com\n"),
        *("\N{LATIN SMALL LETTER A WITH DIAERESIS}da@example.com", "a" * 243 + "@example.com", 7, None),
    ],
)
def test_what_is_no_email_is_refused(http, email):
    refused = sign_up_with(http, email=email)
    assert refused.status_code == 422, refused.text
    assert {error.get("pointer") for error in refused.json()["errors"]} == {"/email"}


def test_an_email_of_254_characters_is_accepted(http):
    local = unique_email().partition("@")[0].ljust(242, "a")
    assert sign_up_with(http, email=f"{local}@example.com").status_code == 201


@pytest.mark.parametrize(
    "password", ["p" * 15, LAMP * 15, LAMP * 128, "p" * 128, " " * 15, "pass\u200dword with joiner"]
)
def test_a_password_may_be_any_15_to_128_code_points(http, password):
    email = unique_email()
    assert sign_up_with(http, email=email, password=password).status_code == 201
    assert http.post("/v1/auth/sign-in", json={"email": email, "password": password}).status_code == 200


@pytest.mark.parametrize("password", ["p" * 14, LAMP * 14, "p" * 129, LAMP * 129, "", None, 15, ["p" * 15]])
def test_a_password_out_of_bounds_is_refused(http, password):
    refused = sign_up_with(http, password=password)
    assert refused.status_code == 422, refused.text
    assert {error.get("pointer") for error in refused.json()["errors"]} == {"/password"}


def test_every_character_of_a_long_password_counts(http):
    email, password = unique_email(), "long canary-password " + "p" * 100
    assert sign_up_with(http, email=email, password=password).status_code == 201
    nearly = password[:-1] + "q"
    assert http.post("/v1/auth/sign-in", json={"email": email, "password": nearly}).status_code == 401


def test_an_unknown_email_and_a_wrong_password_get_the_same_answer(http):
    account = sign_up(http)
    pairs = [(account.email, "another canary-password"), (unique_email(), PASSWORD)]
    wrong, unknown = (http.post("/v1/auth/sign-in", json={"email": email, "password": word}) for email, word in pairs)
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert {**wrong.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}
    ignored = {"x-request-id", "date"}
    kept = [[item for item in answer.headers.items() if item[0] not in ignored] for answer in (wrong, unknown)]
    assert kept[0] == kept[1]


def test_an_unknown_email_costs_as_much_as_a_wrong_password(http):
    """Without a hash to compare with, a quick answer tells who has an account."""
    account = sign_up(http)

    def fastest(email):
        body = {"email": email, "password": "another canary-password"}
        return min(http.post("/v1/auth/sign-in", json=body).elapsed for _ in range(5))

    assert fastest(unique_email()) > fastest(account.email) / 3


def test_passwords_are_kept_as_argon2id_hashes(http, database):
    account = sign_up(http)
    kept = database.value("select password_hash from users where id = %s", account.id)
    assert re.fullmatch(r"\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22,}\$[A-Za-z0-9+/]{43}", kept)


def test_times_of_answers_are_utc_with_milliseconds(account):
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", account.get("/v1/me").json()["created_at"])
