"""The settings of each command, read from the environment once."""

import base64
import binascii
import sys
from collections.abc import Callable
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretBytes, SecretStr, ValidationError
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

EX_CONFIG = 78
JWT_SECRET_BYTES = 32


def _with_scheme(*schemes: str) -> Callable[[str], str]:
    def check(url: str) -> str:
        try:
            parts = urlsplit(url)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in schemes or not parts.netloc:
            expected = " or ".join(f"{scheme}://" for scheme in schemes)
            raise PydanticCustomError("url", "should be a URL that starts with {expected}", {"expected": expected})
        return url

    return check


def _postgres_url(url: SecretStr) -> SecretStr:
    _with_scheme("postgresql", "postgres")(url.get_secret_value())
    return url


def _base64_key(text: object) -> bytes:
    try:
        key = base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < JWT_SECRET_BYTES:
        raise PydanticCustomError("key", "should be 32 bytes or more, in base64")
    return key


def _lower(text: object) -> object:
    return text.lower() if isinstance(text, str) else text


PostgresUrl = Annotated[SecretStr, AfterValidator(_postgres_url)]
HttpUrl = Annotated[str, AfterValidator(_with_scheme("http", "https"))]
Port = Annotated[int, Field(ge=1, le=65535)]
Positive = Annotated[int, Field(ge=1)]
NotNegative = Annotated[int, Field(ge=0)]


class ProcessSettings(BaseSettings):
    """What every command knows."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, hide_input_in_errors=True)

    log_level: Annotated[Literal["debug", "info", "warn", "error"], BeforeValidator(_lower)] = "info"
    otel_exporter_otlp_endpoint: HttpUrl | None = None
    otel_service_name: str = "orders-api"


class MigrationSettings(ProcessSettings):
    """For `migrate` and `seed`, which run as the role that owns the schema."""

    migration_database_url: PostgresUrl


class DatabaseSettings(ProcessSettings):
    """For the processes that serve, as a role that may not change the schema."""

    database_url: PostgresUrl
    database_pool_size: Positive = 10
    database_acquire_timeout_ms: Positive = 1000
    database_statement_timeout_ms: Positive = 3000
    database_lock_timeout_ms: Positive = 2000


class ApiSettings(DatabaseSettings):
    """For `api`."""

    host: str = "0.0.0.0"  # noqa: S104 - a container is reached from outside
    port: Port = 8080
    admin_port: Port = 9090
    jwt_secret: Annotated[SecretBytes, BeforeValidator(_base64_key)]
    jwt_issuer: str = "orders"
    jwt_audience: str = "orders-api"
    access_token_seconds: Positive = 900
    refresh_token_seconds: Positive = 2_592_000
    request_timeout_ms: Positive = 5000
    read_timeout_ms: Positive = 10_000
    body_limit_bytes: Positive = 65_536
    shutdown_delay_ms: NotNegative = 5000
    shutdown_grace_ms: Positive = 15_000
    rate_limit_auth_per_minute: Positive = 10
    rate_limit_per_minute: Positive = 600
    trust_proxy_hops: NotNegative = 0
    password_hashes_at_once: Positive = 2


class WorkerSettings(DatabaseSettings):
    """For `worker`."""

    outbox_webhook_url: HttpUrl | None = None
    outbox_poll_ms: Positive = 500


SettingsT = TypeVar("SettingsT", bound=ProcessSettings)


def load(kind: type[SettingsT]) -> SettingsT:
    """Read a command's settings; where something is wrong, name every fault and end the process."""
    try:
        return kind()
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            name = str(fault["loc"][0]).upper()
            message = "is required" if fault["type"] == "missing" else fault["msg"]
            print(f"{name}: {message}", file=sys.stderr)  # noqa: T201 - there is no logger yet
        sys.exit(EX_CONFIG)
