import base64

import pytest

from storefront.settings import EX_CONFIG, ApiSettings, load

GOOD = {"DATABASE_URL": "postgresql://app@db/orders", "JWT_SECRET": base64.b64encode(b"s" * 32).decode()}


@pytest.fixture(autouse=True)
def nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ApiSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def given(monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    for name, value in {**GOOD, **settings}.items():
        monkeypatch.setenv(name, value)


def test_two_settings_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch)
    settings = load(ApiSettings)
    assert settings.jwt_secret.get_secret_value() == b"s" * 32
    assert (settings.port, settings.admin_port, settings.trust_proxy_hops) == (8080, 9090, 0)


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, OTEL_EXPORTER_OTLP_ENDPOINT="")
    assert load(ApiSettings).otel_exporter_otlp_endpoint is None


def test_all_faults_are_named_and_no_value_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given(monkeypatch, DATABASE_URL="mysql://secret", JWT_SECRET="c2hvcnQ=", PORT="secret", LOG_LEVEL="loud")
    with pytest.raises(SystemExit) as ended:
        load(ApiSettings)
    assert ended.value.code == EX_CONFIG
    faults = capsys.readouterr().err.splitlines()
    assert sorted(fault.partition(":")[0] for fault in faults) == ["DATABASE_URL", "JWT_SECRET", "LOG_LEVEL", "PORT"]
    assert not [fault for fault in faults if "secret" in fault or "loud" in fault]


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("JWT_SECRET", GOOD["JWT_SECRET"])
    with pytest.raises(SystemExit):
        load(ApiSettings)
    assert capsys.readouterr().err == "DATABASE_URL: is required\n"


@pytest.mark.parametrize("secret", ["not base64, but long enough for a secret", "", "c2hvcnQ=", "ü" * 48])
def test_a_weak_secret_is_a_fault(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    given(monkeypatch, JWT_SECRET=secret)
    with pytest.raises(SystemExit):
        load(ApiSettings)
