"""Answers the two reads of the contract with FastAPI and SQLAlchemy, and does nothing else."""

import os
from base64 import urlsafe_b64encode
from typing import Any
from uuid import UUID

import uvicorn
from fastapi import FastAPI, HTTPException
from fastapi.responses import JSONResponse
from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(
    os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://", 1),
    pool_size=int(os.environ["DATABASE_POOL_SIZE"]),
    max_overflow=0,
)
session = async_sessionmaker(engine)
app = FastAPI()


class Base(DeclarativeBase):
    """What all tables are derived from."""


class Product(Base):
    """A row of the table."""

    __tablename__ = "products"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    price_minor: Mapped[int]
    currency: Mapped[str]
    stock: Mapped[int]

    def shown(self) -> dict[str, Any]:
        """Return what of it is shown."""
        price = {"amount_minor": self.price_minor, "currency": self.currency}
        return {"id": str(self.id), "name": self.name, "price": price, "stock": self.stock}


@app.get("/healthz")
async def healthz() -> JSONResponse:
    """Answer as long as the process can."""
    return JSONResponse({"status": "ok"})


@app.get("/v1/products")
async def page(limit: int = 20) -> JSONResponse:
    """Return the first products."""
    async with session() as work:
        rows = (await work.scalars(select(Product).order_by(Product.id).limit(limit + 1))).all()
    more = len(rows) > limit
    last = urlsafe_b64encode(str(rows[limit - 1].id).encode()).decode().rstrip("=") if more else None
    return JSONResponse({"items": [row.shown() for row in rows[:limit]], "next_cursor": last})


@app.get("/v1/products/{product_id}")
async def one(product_id: UUID) -> JSONResponse:
    """Return one product."""
    async with session() as work:
        row = await work.get(Product, product_id)
    if row is None:
        raise HTTPException(404)
    return JSONResponse(row.shown())


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning", access_log=False)
