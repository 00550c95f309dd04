"""Schemathesis asks for everything that openapi.yaml allows and forbids."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import yaml
from harness.places import CACHE, OPENAPI

SETTINGS = Path(__file__).parent / "schemathesis.toml"
EXAMPLES = 15
"""Of each operation."""
CHECKS = [
    *("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance"),
    *("response_schema_conformance", "negative_data_rejection", "positive_data_acceptance", "missing_required_header"),
    *("unsupported_method", "allow_header_conformance", "ignored_auth"),
]


def with_examples(product, order, cursor):
    """Return the contract with examples that exist, so that not every id is unknown."""
    contract = yaml.safe_load(OPENAPI.read_text(encoding="utf-8"))
    parameters = contract["components"]["parameters"]
    examples = {"ProductId": product, "OrderId": order, "Cursor": cursor, "IfMatch": "*", "IdempotencyKey": "fuzzing"}
    for name, value in examples.items():
        parameters[name]["example"] = value
    line = contract["components"]["schemas"]["NewOrderLine"]
    line["examples"] = [{"product_id": product, "quantity": 1}]
    return contract


def test_no_request_gets_an_error_or_an_answer_that_is_not_declared(started, account, database, tmp_path):
    product = database.add_product(stock=100_000)
    order = account.place((product, 1)).json()["id"]
    account.place((product, 1))
    cursor = account.get("/v1/orders", limit=1).json()["next_cursor"]
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(with_examples(product, order, cursor)), encoding="utf-8")
    tool = Path(sys.executable).with_name("st")
    command = [
        *(tool, "--config-file", SETTINGS, "--no-color", "run", document, "--url", started.base_url, "--seed", "1"),
        *("--header", f"Authorization: Bearer {account.access_token}", "--checks", ",".join(CHECKS), "--workers", "1"),
        *("--phases", "examples,coverage,fuzzing", "--max-examples", str(EXAMPLES), "--continue-on-failure"),
        *("--request-timeout", "10", "--suppress-health-check", "all", "--warnings", "off"),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600)
    (CACHE / "schemathesis.txt").write_text(done.stdout, encoding="utf-8")
    assert done.returncode == 0, done.stdout[-12_000:] + done.stderr
