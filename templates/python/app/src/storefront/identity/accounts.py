"""Accounts: made, recognised by password, found by id."""

import uuid

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.database import Database
from storefront.identity.errors import NotAuthenticatedError
from storefront.identity.passwords import Passwords
from storefront.tables import User


async def sign_up(database: Database, passwords: Passwords, email: str, password: str) -> User:
    """Make an account; whether the email is taken, the constraint `users_email_key` decides (BK131)."""
    password_hash = await passwords.hash(password)

    async def insert(session: AsyncSession) -> User:
        user = User(email=email, password_hash=password_hash)
        session.add(user)
        await session.flush()
        return user

    return await database.transaction(insert)


async def authenticate(database: Database, passwords: Passwords, email: str, password: str) -> User:
    """Return the account that email and password belong to.

    Raises:
        NotAuthenticatedError: There is none; an unknown email takes as long as a wrong password.
    """
    user = await database.read(lambda session: session.scalar(select(User).where(User.email == email)))
    matches = await passwords.verify(password, user.password_hash if user else None)
    if not user or not matches:
        raise NotAuthenticatedError
    return user


async def find(database: Database, user_id: uuid.UUID) -> User:
    """Return an account.

    Raises:
        NotAuthenticatedError: It is gone, and its tokens count no more.
    """
    user = await database.read(lambda session: session.get(User, user_id))
    if not user:
        raise NotAuthenticatedError
    return user
