"""Access tokens: what is not exactly ours does not count."""

from __future__ import annotations

import time
import uuid

import pytest
from harness.client import sign_up
from harness.jwt import claims, payload_of, signed, unsigned

FORGED = {
    "alg none": lambda user: unsigned(claims(user)),
    "alg None": lambda user: unsigned(claims(user), "None"),
    "alg nOnE": lambda user: unsigned(claims(user), "nOnE"),
    "alg none, signed": lambda user: signed(claims(user), algorithm="none"),
    "HS256 without a signature": lambda user: unsigned(claims(user), "HS256"),
    "HS384 with our secret": lambda user: signed(claims(user), algorithm="HS384"),
    "HS512 with our secret": lambda user: signed(claims(user), algorithm="HS512"),
    "RS256 with an HMAC of our secret": lambda user: signed(claims(user), algorithm="RS256"),
    "another secret": lambda user: signed(claims(user), secret=b"another-secret-of-at-least-32-bytes"),
    "an empty secret": lambda user: signed(claims(user), secret=b""),
    "another audience": lambda user: signed(claims(user, aud="another-api")),
    "no audience": lambda user: signed(claims(user, aud=None)),
    "another issuer": lambda user: signed(claims(user, iss="https://elsewhere.example")),
    "no issuer": lambda user: signed(claims(user, iss=None)),
    "expired beyond the leeway": lambda user: signed(claims(user, exp=int(time.time()) - 35)),
    "no exp": lambda user: signed(claims(user, exp=None)),
    "no iat": lambda user: signed(claims(user, iat=None)),
    "no jti": lambda user: signed(claims(user, jti=None)),
    "no sub": lambda user: signed(claims(user, sub=None)),
    "exp that is no number": lambda user: signed(claims(user, exp="tomorrow")),
    "exp beyond all calendars, as text": lambda user: signed(claims(user, exp="9" * 40)),
    "sub that is no id": lambda _: signed(claims("' or true --")),
    "sub that is no text": lambda _: signed(claims({"$ne": None})),
    "sub of nobody": lambda _: signed(claims(str(uuid.uuid4()))),
    "a signature with one character less": lambda user: signed(claims(user))[:-1],
    "a part too many": lambda user: signed(claims(user)) + ".e30",
    "claims that are no object": lambda _: signed([]),
    "garbage": lambda _: "garbage",
    "dots": lambda _: "..",
    "4 KB of garbage": lambda _: "a" * 4096,
    "NUL in base64": lambda _: "AAAA.AAAA.AAAA",
}


@pytest.fixture(scope="module")
def ada(http):
    return sign_up(http)


def me(http, authorization):
    return http.get("/v1/me", headers={"Authorization": authorization})


@pytest.mark.usefixtures("service")  # whose secret is known
def test_a_token_that_is_made_by_the_contract_counts(http, ada):
    assert me(http, f"Bearer {signed(claims(ada.id))}").status_code == 200


@pytest.mark.usefixtures("service")
def test_clocks_may_differ_by_half_a_minute(http, ada):
    assert me(http, f"Bearer {signed(claims(ada.id, exp=int(time.time()) - 20))}").status_code == 200


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_forged_token_does_not_count(http, ada, forge):
    token = forge(ada.id)
    assert me(http, f"Bearer {token}").status_code == 401


@pytest.mark.parametrize("authorization", ["", "Bearer", "Basic YWRhOmFkYQ==", "bearer", "Bearer,", "Bearer a b"])
def test_what_is_no_bearer_token_does_not_count(http, authorization):
    assert me(http, authorization).status_code == 401


def test_a_token_of_another_scheme_does_not_count(http, ada):
    assert me(http, f"Basic {ada.access_token}").status_code == 401
    assert me(http, ada.access_token).status_code == 401
    assert me(http, f"Bearer {ada.refresh_token}").status_code == 401


def test_a_token_in_the_address_does_not_count(http, ada):
    assert http.get("/v1/me", params={"access_token": ada.access_token}).status_code == 401


def test_the_token_of_somebody_who_was_deleted_does_not_count(http, database):
    gone = sign_up(http)
    product = database.add_product()
    database.execute("delete from users where id = %s", gone.id)
    assert gone.get("/v1/me").status_code == 401
    assert gone.place((product, 1)).status_code == 401
    assert database.stock(product) == 10
    listed = gone.get("/v1/orders")
    assert listed.status_code == 401 or listed.json()["items"] == []


def test_an_access_token_says_what_the_contract_lists(http, ada):
    tokens = http.post("/v1/auth/sign-in", json={"email": ada.email, "password": ada.password}).json()
    said = payload_of(tokens["access_token"])
    assert set(said) == {"iss", "aud", "sub", "iat", "exp", "jti"}
    assert said["sub"] == ada.id
    assert said["exp"] - said["iat"] == tokens["expires_in"]
    assert said["jti"] != payload_of(ada.access_token)["jti"]
