"""What holds for every operation, and that each of its answers was seen."""

from __future__ import annotations

import uuid

import pytest
from harness.contract import operations
from harness.operations import BY_ADDRESS, one_of_each

OPERATIONS = sorted(operation["operationId"] for _, _, operation in operations())
WITH_BODY = sorted(operation["operationId"] for _, _, operation in operations() if "requestBody" in operation)


@pytest.fixture
def ask(somebody):
    """Ask something of an operation, with ids that nobody has."""

    def send(name, **options):
        return one_of_each(str(uuid.uuid4()), str(uuid.uuid4()))[name].send(somebody, **options)

    return send


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_parameter_that_nobody_knows_is_refused(ask, name):
    refused = ask(name, params={"verbose": "true"})
    assert refused.status_code == 422, refused.text
    assert {error.get("parameter") for error in refused.json()["errors"]} == {"verbose"}


@pytest.mark.parametrize("name", sorted(set(OPERATIONS) - BY_ADDRESS))
def test_a_request_without_a_token_is_refused_whatever_else_is_wrong_with_it(ask, name):
    refused = ask(name, headers={"Authorization": "", "Content-Type": "text/plain"}, params={"verbose": "true"})
    assert refused.status_code == 401, refused.text


@pytest.mark.parametrize("name", WITH_BODY)
def test_each_operation_with_a_body_refuses_what_is_none(ask, name):
    json = {"Content-Type": "application/json"}
    assert ask(name, content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415
    assert ask(name, content=b"{", headers=json).status_code == 400
    assert ask(name, content=b" " * 65_537, headers=json).status_code == 413
    assert ask(name, content=b"{}", headers=json).status_code == 422
    assert ask(name, content=b'{"unknown": 1}', headers=json).status_code == 422


@pytest.mark.parametrize("name", ["getProduct", "getOrder", "listOrderLines", "cancelOrder"])
def test_what_does_not_exist_is_not_found(ask, name):
    assert ask(name).status_code == 404


@pytest.fixture(scope="module")
def unmigrated(service):
    """A database without a table, so that every query of the application fails in a way that it does not expect."""
    made = service.server.create("orders_unmigrated")
    yield made
    made.close()


def test_a_fault_of_the_server_is_a_problem_of_every_operation(serve, unmigrated, account):
    broken = serve(DATABASE_URL=unmigrated.app_url)
    account.http = broken.http
    for name, asked in one_of_each(str(uuid.uuid4()), str(uuid.uuid4())).items():
        failed = asked.send(account)
        assert failed.status_code == 500, f"{name}: {failed.status_code} {failed.text}"
        assert "relation" not in failed.text


@pytest.mark.last
@pytest.mark.usefixtures("service")
def test_every_answer_that_is_declared_was_seen(traffic):
    """What no case brings about, no case has shown."""
    declared = {(each["operationId"], int(status)) for _, _, each in operations() for status in each["responses"]}
    assert sorted(declared - traffic.seen) == []
