"""Settings that are wrong end a process before it listens, and are all named at once."""

from __future__ import annotations

import base64

import pytest
from harness.application import SETTINGS
from harness.client import sign_up
from harness.jwt import payload_of
from harness.sockets import refuses

WRONG = {
    "ADMIN_PORT": "canary-port",
    "DATABASE_POOL_SIZE": "0",
    "REQUEST_TIMEOUT_MS": "canary-soon",
    "ACCESS_TOKEN_SECONDS": "-1",
    "LOG_LEVEL": "canary-loud",
    "JWT_SECRET": base64.b64encode(b"canary-of-31-bytes-is-too-short").decode(),
    "TRUST_PROXY_HOPS": "1.5",
}


def test_tokens_live_as_long_as_the_settings_say(service, http):
    assert (SETTINGS["ACCESS_TOKEN_SECONDS"], SETTINGS["REFRESH_TOKEN_SECONDS"]) == ("600", "7200")
    account = sign_up(http)
    said = payload_of(account.access_token)
    assert said["exp"] - said["iat"] == 600
    lives = "select extract(epoch from expires_at - created_at)::int from refresh_tokens where user_id = %s"
    assert abs(service.database.value(lives, account.id) - 7200) <= 2


def start_api(service, **settings):
    return service.application.api(settings, ready=False)


def faults(process):
    return [line for line in process.errors().splitlines() if line.strip()]


def test_all_wrong_settings_are_named_and_none_is_shown(service):
    api = start_api(service, **WRONG)
    assert api.process.wait() == 78, api.process.tail()
    for name, value in WRONG.items():
        assert sum(name in line for line in faults(api.process)) == 1, f"{name} in {api.process.errors()}"
        assert len(value) < 3 or value not in api.process.errors()
    assert "canary" not in api.process.errors() + api.process.stdout.read_text(encoding="utf-8")
    assert len(faults(api.process)) >= len(WRONG)
    assert refuses(api.base_url)


def test_what_is_required_and_missing_is_named(service):
    api = start_api(service, DATABASE_URL=None, JWT_SECRET=None)
    assert api.process.wait() == 78
    for name in ("DATABASE_URL", "JWT_SECRET"):
        assert sum(name in line for line in faults(api.process)) == 1, api.process.errors()


@pytest.mark.parametrize("command", ["migrate", "seed"])
def test_migrations_and_seeds_need_the_role_that_owns_the_schema(service, command):
    process = service.application.start(command, {"MIGRATION_DATABASE_URL": None})
    assert process.wait() == 78, process.tail()
    assert "MIGRATION_DATABASE_URL" in process.errors()


def test_the_worker_names_its_faults_too(service):
    worker = service.application.worker(
        {"DATABASE_URL": None, "OUTBOX_POLL_MS": "canary", "OUTBOX_WEBHOOK_URL": "canary"}
    )
    assert worker.wait() == 78, worker.tail()
    for name in ("DATABASE_URL", "OUTBOX_POLL_MS", "OUTBOX_WEBHOOK_URL"):
        assert sum(name in line for line in faults(worker)) == 1, worker.errors()
    assert "canary" not in worker.errors()


@pytest.mark.parametrize("secret", ["not base64 at all, but long enough for a secret!", "", "c2hvcnQ="])
def test_a_secret_that_is_no_base64_or_too_short_is_a_fault(service, secret):
    api = start_api(service, JWT_SECRET=secret)
    assert api.process.wait() == 78, api.process.tail()
    assert [line for line in faults(api.process) if "JWT_SECRET" in line]
    assert not secret or secret not in api.process.errors()


def test_an_address_that_is_taken_ends_the_process(service):
    taken = service.base_url.rpartition(":")[2]
    process = start_api(service, PORT=taken).process
    assert process.wait() not in {0, None}
