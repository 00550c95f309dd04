"""A client's whole way through the service."""

from __future__ import annotations

from harness.client import PASSWORD, sign_up, unique_email


def test_somebody_signs_up_signs_in_and_sees_who_they_are(http):
    email = unique_email()
    made = http.post("/v1/users", json={"email": email.upper(), "password": PASSWORD})
    assert made.status_code == 201, made.text
    assert made.json()["email"] == email
    tokens = http.post("/v1/auth/sign-in", json={"email": email.title(), "password": PASSWORD})
    assert tokens.status_code == 200, tokens.text
    me = http.get("/v1/me", headers={"Authorization": f"Bearer {tokens.json()['access_token']}"})
    assert me.status_code == 200, me.text
    assert me.json() == made.json()


def test_somebody_stays_signed_in_and_signs_out(http):
    account = sign_up(http)
    refreshed = http.post("/v1/auth/refresh", json={"refresh_token": account.refresh_token})
    assert refreshed.status_code == 200, refreshed.text
    account.access_token = refreshed.json()["access_token"]
    assert account.get("/v1/me").status_code == 200
    newest = {"refresh_token": refreshed.json()["refresh_token"]}
    assert http.post("/v1/auth/sign-out", json=newest).status_code == 204
    assert http.post("/v1/auth/refresh", json=newest).status_code == 401


def test_an_order_is_placed_read_listed_and_cancelled(account, database):
    lamp, desk = sorted(database.add_product(stock=5, price=price) for price in (1250, 9900))
    placed = account.place((desk, 1), (lamp, 3))
    assert placed.status_code == 201, placed.text
    order = placed.json()
    prices = {each["id"]: each["price_minor"] for each in database.rows("select id::text, price_minor from products")}
    assert order["status"] == "placed"
    assert order["version"] == 1
    assert order["total"] == {"amount_minor": 3 * prices[lamp] + prices[desk], "currency": "EUR"}
    assert [(line["product_id"], line["quantity"]) for line in order["lines"]] == [(lamp, 3), (desk, 1)]
    assert placed.headers["location"] == f"/v1/orders/{order['id']}"
    assert placed.headers["etag"] == '"1"'
    assert (database.stock(lamp), database.stock(desk)) == (2, 4)

    read = account.get(f"/v1/orders/{order['id']}")
    assert (read.json(), read.headers["etag"]) == (order, '"1"')
    assert account.get(f"/v1/orders/{order['id']}/lines").json() == {"items": order["lines"]}
    assert account.get("/v1/orders").json() == {"items": [order], "next_cursor": None}

    cancelled = account.cancel(order["id"], placed.headers["etag"])
    assert cancelled.status_code == 200, cancelled.text
    assert cancelled.json() == {**order, "status": "cancelled", "version": 2}
    assert cancelled.headers["etag"] == '"2"'
    assert (database.stock(lamp), database.stock(desk)) == (5, 5)


def test_products_are_read_and_listed(account, database):
    ids = {database.add_product(stock=stock) for stock in (0, 7, 2_000_000_000)}
    listed = {product["id"]: product for page in account.pages("/v1/products", limit=100) for product in page}
    assert ids <= set(listed)
    assert list(listed) == sorted(listed)
    for product in ids:
        read = account.get(f"/v1/products/{product}")
        assert read.json() == listed[product]
        assert read.json()["price"] == {"amount_minor": 1250, "currency": "EUR"}
