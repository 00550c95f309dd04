"""What the routes of one process share."""

from dataclasses import dataclass
from typing import Annotated, Self

from fastapi import Depends, Request

from storefront.database import Database
from storefront.identity.access_tokens import AccessTokens
from storefront.identity.passwords import Passwords
from storefront.settings import ApiSettings
from storefront.web.rate_limit import RateLimit


@dataclass(frozen=True)
class Services:
    """Made once, when the process starts."""

    settings: ApiSettings
    database: Database
    passwords: Passwords
    access_tokens: AccessTokens
    by_address: RateLimit
    by_email: RateLimit
    by_account: RateLimit

    @classmethod
    def create(cls, settings: ApiSettings, database: Database) -> Self:
        """Return what the settings ask for."""
        return cls(
            settings,
            database,
            Passwords(settings.password_hashes_at_once),
            AccessTokens(
                settings.jwt_secret.get_secret_value(),
                settings.jwt_issuer,
                settings.jwt_audience,
                settings.access_token_seconds,
            ),
            by_address=RateLimit(settings.rate_limit_auth_per_minute),
            by_email=RateLimit(settings.rate_limit_auth_per_minute),
            by_account=RateLimit(settings.rate_limit_per_minute),
        )


async def services_of(request: Request) -> Services:
    """Return what the application was made with."""
    services: Services = request.app.state.services
    return services


Shared = Annotated[Services, Depends(services_of)]
