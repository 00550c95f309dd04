"""The service that the proof stops: `server.py ROLE DATABASE LAME_DUCK DRAIN PORT`."""

import sys
from importlib import import_module

from fastapi import FastAPI
from psycopg import AsyncConnection


def main(role: str, database: str, lame_duck: str, drain: str, port: str) -> None:
    """Serve until the signal."""
    sample = import_module(f"rules.bk133.{role}")
    app = FastAPI()

    @app.get("/hello")
    async def hello() -> str:
        return "hello"

    @app.get("/work")
    async def work() -> int:
        async with await AsyncConnection.connect(database) as connection:
            locked = await connection.execute("select from products for update")
            return locked.rowcount

    sample.run(sample.Service(app, int(port), float(lame_duck), int(drain)))


if __name__ == "__main__":
    main(*sys.argv[1:])
