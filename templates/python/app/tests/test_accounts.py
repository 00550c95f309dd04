import asyncio

import httpx2
from sqlalchemy import delete
from support import PASSWORD

from storefront.database import Database
from storefront.tables import User

CREDENTIALS = {"email": "ada@example.com", "password": PASSWORD}


async def test_somebody_signs_up_and_in(http: httpx2.AsyncClient) -> None:
    made = await http.post("/v1/users", json={**CREDENTIALS, "email": "Ada@Example.com"})
    assert made.status_code == 201
    assert made.json().keys() == {"id", "email", "created_at"}
    assert made.json()["email"] == "ada@example.com"
    tokens = await http.post("/v1/auth/sign-in", json=CREDENTIALS)
    assert (tokens.status_code, tokens.headers["cache-control"]) == (200, "no-store")
    me = await http.get("/v1/me", headers={"Authorization": f"bearer {tokens.json()['access_token']}"})
    assert me.json() == made.json()


async def test_an_email_is_taken_once(http: httpx2.AsyncClient) -> None:
    answers = await asyncio.gather(*(http.post("/v1/users", json=CREDENTIALS) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]


async def test_an_unknown_email_and_a_wrong_password_are_answered_alike(http: httpx2.AsyncClient) -> None:
    await http.post("/v1/users", json=CREDENTIALS)
    wrong = [{**CREDENTIALS, "password": PASSWORD[::-1]}, {**CREDENTIALS, "email": "eve@example.com"}]
    answers = [await http.post("/v1/auth/sign-in", json=each, headers={"X-Request-Id": "1"}) for each in wrong]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].content == answers[1].content


async def test_a_refresh_token_works_once_and_its_reuse_ends_the_family(http: httpx2.AsyncClient) -> None:
    await http.post("/v1/users", json=CREDENTIALS)
    first = (await http.post("/v1/auth/sign-in", json=CREDENTIALS)).json()
    unrelated = (await http.post("/v1/auth/sign-in", json=CREDENTIALS)).json()
    second = await refresh(http, first)
    assert second.status_code == 200
    assert (await refresh(http, first)).status_code == 401
    assert (await refresh(http, second.json())).status_code == 401, "the family has ended"
    assert (await refresh(http, unrelated)).status_code == 200


async def test_of_two_at_once_one_at_most_is_given_a_token(http: httpx2.AsyncClient) -> None:
    await http.post("/v1/users", json=CREDENTIALS)
    tokens = (await http.post("/v1/auth/sign-in", json=CREDENTIALS)).json()
    answers = await asyncio.gather(*(refresh(http, tokens) for _ in range(5)))
    given = [answer for answer in answers if answer.status_code == 200]
    assert len(given) == 1
    assert (await refresh(http, given[0].json())).status_code == 401


async def test_signing_out_ends_the_family_and_tells_nothing(http: httpx2.AsyncClient) -> None:
    await http.post("/v1/users", json=CREDENTIALS)
    tokens = (await http.post("/v1/auth/sign-in", json=CREDENTIALS)).json()
    for token in (tokens["refresh_token"], tokens["refresh_token"], "unknown"):
        answer = await http.post("/v1/auth/sign-out", json={"refresh_token": token})
        assert (answer.status_code, answer.content) == (204, b"")
    assert (await refresh(http, tokens)).status_code == 401


async def test_the_token_of_a_deleted_account_does_not_count(ada: httpx2.AsyncClient, database: Database) -> None:
    await database.transaction(lambda session: session.execute(delete(User)))
    assert (await ada.get("/v1/me")).status_code == 401


async def refresh(http: httpx2.AsyncClient, tokens: dict[str, str]) -> httpx2.Response:
    return await http.post("/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
