from typing import Any

from storefront.web.faults import pointer, problem_of
from storefront.web.problems import MAX_ERRORS, Kind, render


def fault(*loc: str | int, kind: str = "missing") -> dict[str, Any]:
    return {"loc": loc, "type": kind, "msg": "Field required", "input": "a secret"}


def test_all_faults_of_a_body_are_told_and_no_input_is() -> None:
    problem = problem_of([fault("body", "email"), fault("body", "lines", 0, "quantity")])
    assert problem.kind is Kind.INVALID
    assert [error["pointer"] for error in problem.errors] == ["/email", "/lines/0/quantity"]
    assert "secret" not in str(problem.errors)


def test_a_parameter_is_told_by_its_name() -> None:
    assert problem_of([fault("query", "limit")]).errors == [{"parameter": "limit", "detail": "Field required"}]


def test_a_path_that_is_no_id_is_not_found() -> None:
    assert problem_of([fault("path", "order_id", kind="uuid_format")]).kind is Kind.NOT_FOUND


def test_headers_have_problems_of_their_own() -> None:
    assert problem_of([fault("header", "If-Match")]).kind is Kind.PRECONDITION_REQUIRED
    assert problem_of([fault("header", "If-Match", kind="string_too_long")]).kind is Kind.STALE
    key = fault("header", "Idempotency-Key", kind="string_pattern_mismatch")
    assert problem_of([fault("body", "lines"), key]).kind is Kind.MALFORMED_REQUEST


def test_a_pointer_is_escaped() -> None:
    assert pointer(["a/b", "c~d", 0]) == "/a~1b/c~0d/0"
    assert pointer([]) == ""


def test_a_problem_is_bounded_and_survives_any_text() -> None:
    text = render(Kind.INVALID, "1", errors=[{"pointer": "/\ud800", "detail": "is not known"}] * 10_000)
    assert text.isascii()
    assert text.count(b"pointer") == MAX_ERRORS
