"""Requests that are no requests of the contract: each gets a problem, none an error of the server."""

from __future__ import annotations

import gzip
import json
import time

import httpx
import pytest
from harness.client import PASSWORD, unique_email

JSON = {"Content-Type": "application/json"}
LIMIT = 65_536


def post(http, content, path="/v1/users", **headers):
    return http.post(path, content=content, headers={**JSON, **headers})


def credentials(**members):
    return {"email": unique_email(), "password": PASSWORD, **members}


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/nowhere", "/v2/me", "/v1/me/more", "/V1/ME", "/v1/users/1", "/index.php", "/%ff"]
)
def test_an_unknown_path_is_not_found(http, somebody, path):
    for method in ("GET", "POST", "DELETE"):
        assert http.request(method, path).status_code == 404
    assert somebody.get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/users", {"POST"}),
        ("/v1/auth/sign-in", {"POST"}),
        ("/v1/me", {"GET"}),
        ("/v1/products", {"GET"}),
        ("/v1/orders", {"GET", "POST"}),
        ("/v1/orders/00000000-0000-4000-8000-000000000000", {"GET"}),
        ("/v1/orders/00000000-0000-4000-8000-000000000000/cancel", {"POST"}),
    ],
)
def test_another_method_is_not_allowed(http, path, allowed):
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - allowed:
        refused = http.request(method, path)
        assert refused.status_code == 405, f"{method} {path}: {refused.status_code}"
        said = {each.strip() for each in refused.headers["allow"].split(",")}
        assert allowed <= said <= allowed | {"HEAD"}


@pytest.mark.parametrize("path", ["/v1/me", "/v1/products", "/v1/orders"])
def test_head_is_answered_as_get_or_not_allowed(somebody, path):
    answer = somebody.request("HEAD", path)
    assert answer.status_code in {200, 405}
    assert answer.content == b""


@pytest.mark.parametrize(
    "media",
    [
        *(None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json"),
        *("application/jsonx", "application/merge-patch+json", "application/json; charset=iso-8859-1", "json", "*/*"),
    ],
)
def test_another_media_type_is_unsupported(http, media):
    headers = {} if media is None else {"Content-Type": media}
    refused = http.post("/v1/users", content=json.dumps(credentials()), headers=headers)
    assert refused.status_code == 415, refused.text


@pytest.mark.parametrize(
    "media", ["application/json", "application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"']
)
def test_json_may_say_that_it_is_utf_8(http, media):
    made = http.post("/v1/users", content=json.dumps(credentials()), headers={"Content-Type": media})
    assert made.status_code == 201, made.text


@pytest.mark.parametrize(
    "content",
    [
        *(
            b"",
            b" ",
            b"{",
            b"}",
            b'{"email"}',
            b"{'email': 1}",
            b'{"email": 1,}',
            b"[1,]",
            b"{}{}",
            b"{} garbage",
            b"tru",
        ),
        *(
            b'{"email": NaN}',
            b'{"email": Infinity}',
            b'{"email": 01}',
            b'{"email": .5}',
            b'{"email": "a\nb"}',
            b"// {}",
        ),
        *(b'{"email": "\\x41"}', b'{"email": "\\u12"}', b"\x00", b"<email/>"),
    ],
)
def test_what_is_no_json_is_malformed(http, content):
    refused = post(http, content)
    assert refused.status_code == 400, refused.text


@pytest.mark.parametrize(
    "content",
    [b'{"email":"\xff@example.com"}', b'{"\xc3(":1}', b'"\xed\xa0\x80"', b'"\xc0\xaf"', b'"\xf5\x80\x80\x80"'],
)
def test_what_is_no_utf_8_is_malformed(http, content):
    assert post(http, content).status_code == 400


def test_json_in_utf_16_is_malformed(http):
    for encoding in ("utf-16", "utf-16-le", "utf-32"):
        assert post(http, json.dumps(credentials()).encode(encoding)).status_code == 400


@pytest.mark.parametrize("content", [b"[]", b"null", b"1", b'"text"', b"true", b"[{}]"])
def test_json_of_another_type_is_invalid(http, somebody, content):
    assert post(http, content).status_code == 422
    key = {"Idempotency-Key": "a"}
    assert somebody.request("POST", "/v1/orders", content=content, headers={**JSON, **key}).status_code == 422


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800", "\\udfff", "\\ud800\\u0041"])
@pytest.mark.parametrize("member", ["email", "password"])
def test_text_that_cannot_be_kept_is_refused(http, text, member):
    body = json.dumps(credentials(**{member: "canary-password@@"})).replace("@@", f"@{text}.example.com")
    assert post(http, body.encode()).status_code in {400, 422}
    assert post(http, body.encode(), "/v1/auth/sign-in").status_code in {400, 422}


def test_nul_and_lone_surrogates_in_names_of_members_are_refused(http):
    for name in ("\\u0000", "\\ud800"):
        body = json.dumps(credentials()).replace('"email"', f'"{name}":1,"email"')
        assert post(http, body.encode()).status_code in {400, 422}


def test_all_faults_of_a_body_are_named_at_once(http):
    refused = post(http, json.dumps({"email": 1, "extra": True}).encode())
    assert refused.status_code == 422
    assert {error.get("pointer") for error in refused.json()["errors"]} == {"/email", "/password", "/extra"}


def test_faults_of_the_lines_of_an_order_are_named_where_they_are(somebody):
    lines = [{"product_id": "x", "quantity": 1}, {"quantity": 0, "colour": "red"}, 7]
    refused = somebody.request("POST", "/v1/orders", json={"lines": lines}, headers={"Idempotency-Key": "a"})
    assert refused.status_code == 422
    named = {error.get("pointer") for error in refused.json()["errors"]}
    wanted = {"/lines/0/product_id", "/lines/1/product_id", "/lines/1/quantity", "/lines/1/colour", "/lines/2"}
    assert named == wanted


def test_a_value_that_was_refused_is_not_repeated(http):
    refused = post(http, json.dumps(credentials(password="canary-14-long")).encode())
    assert "canary" not in refused.text


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_deep_nesting_is_refused(http, opening):
    started = time.monotonic()
    assert post(http, opening * (60_000 // len(opening))).status_code in {400, 422}
    closed = b'{"email":' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    assert post(http, closed).status_code in {400, 422}
    assert time.monotonic() - started < 5


def test_a_body_of_many_keys_is_refused_in_no_time(http):
    content = json.dumps({f"{number:x}": 0 for number in range(7700)}, separators=(",", ":")).encode()
    assert LIMIT * 0.9 < len(content) <= LIMIT
    started = time.monotonic()
    assert post(http, content).status_code == 422
    assert time.monotonic() - started < 3


def test_a_hundred_thousand_keys_are_too_large(http):
    content = json.dumps({f"key-{number}": number for number in range(100_000)}).encode()
    assert refused_as_too_large(http, content)


def test_ten_megabytes_are_too_large(http, somebody):
    body = json.dumps(credentials(extra="x" * 10_000_000)).encode()
    assert refused_as_too_large(http, body)
    assert refused_as_too_large(http, (body[start : start + 65536] for start in range(0, len(body), 65536)))
    assert somebody.get("/v1/me").status_code == 200


def refused_as_too_large(http, content):
    """A server may close a connection on which it does not want to read on; that too refuses the body."""
    try:
        return post(http, content).status_code == 413
    except httpx.TransportError:
        return True


def test_a_body_may_be_as_long_as_the_limit_and_no_longer(http):
    padded = json.dumps(credentials()).encode().ljust(LIMIT)
    assert post(http, padded).status_code == 201
    assert post(http, padded + b" ").status_code == 413
    assert post(http, iter([padded, b" "])).status_code == 413


def test_a_compressed_body_is_refused_and_not_inflated(http):
    small = gzip.compress(json.dumps(credentials()).encode())
    bomb = gzip.compress(b" " * 30_000_000)
    assert len(bomb) < LIMIT
    for content in (small, bomb):
        assert post(http, content, **{"Content-Encoding": "gzip"}).status_code in {400, 413, 415}


def test_a_member_that_is_named_twice_harms_nothing(http):
    email = unique_email()
    body = f'{{"email": "{email}", "email": "{email}", "password": "{PASSWORD}"}}'
    assert post(http, body.encode()).status_code in {201, 400, 422}
