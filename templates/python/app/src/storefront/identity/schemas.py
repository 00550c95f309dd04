"""What is said about accounts and tokens."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field

from storefront.schemas import Id, Schema, Time
from storefront.tables import User

Email = Annotated[
    str,
    Field(
        description="Compared without regard to the case of ASCII letters, and kept in lower case.",
        min_length=3,
        max_length=254,
        pattern=r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+$",
        examples=["ada@example.com"],
    ),
    AfterValidator(str.lower),
]
Password = Annotated[
    str,
    Field(
        description="At least 15 characters, as NIST SP 800-63B-4 asks of a password that stands alone; no other rule.",
        min_length=15,
        max_length=128,
        pattern=r"^[^\u0000]*$",
        examples=["correct horse battery staple"],
    ),
]


class Credentials(Schema):
    """What signs up and signs in."""

    email: Email
    password: Password


class RefreshTokenInput(Schema):
    """A refresh token to exchange or to end."""

    refresh_token: Annotated[str, Field(min_length=1, max_length=128, pattern="^[A-Za-z0-9_-]+$")]


class Tokens(Schema):
    """What somebody who is signed in holds."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: Annotated[int, Field(ge=1, description="Seconds until the access token ends.")]
    refresh_token: str


class UserView(Schema):
    """An account, as its owner sees it (BK130: its password hash stays out)."""

    id: Id
    email: str
    created_at: Time

    @classmethod
    def of(cls, user: User) -> Self:
        """Return the view of a row."""
        return cls(id=user.id, email=user.email, created_at=user.created_at)
