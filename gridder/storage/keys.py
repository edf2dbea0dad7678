"""Keys of people and programs, their roles, and the sessions of browsers."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import ColumnElement, Engine, and_, delete, insert, or_, select, update

from gridder.storage import tables
from gridder.storage.engine import reading, writing
from gridder.storage.ids import new_id

Role = Literal["viewer", "planner", "roster-reader", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
"""All roles; each may do what the ones before it may."""


@dataclass(frozen=True)
class Key:
    """A key without its secret, of which the store knows only a hash."""

    id: str
    name: str
    role: Role
    workspace: str
    created_at: float
    expires_at: float | None
    revoked_at: float | None


_COLUMNS = [column for column in tables.keys.c if column.name != "hash"]


def make_key(
    engine: Engine,
    *,
    name: str,
    role: Role,
    workspace: str = "main",
    expires_at: float | None = None,
    now: float,
    secret: str | None = None,
) -> tuple[Key, str]:
    """Make a key.

    Parameters
    ----------
    secret
        What its holder will send; by default a new one of 256 random bits.

    Returns
    -------
    tuple
        The key and its secret, which cannot be asked for again.
    """
    secret = secret or new_secret()
    key = Key(new_id(), name, role, workspace, now, expires_at, None)
    with writing(engine) as connection:
        connection.execute(
            insert(tables.keys).values(
                id=key.id,
                name=name,
                role=role,
                workspace=workspace,
                hash=_hash(secret),
                created_at=now,
                expires_at=expires_at,
            )
        )
    return key, secret


def new_secret() -> str:
    """Return a secret for a new key: 256 random bits."""
    return f"gk_{secrets.token_urlsafe(32)}"


def find_key(engine: Engine, secret: str, *, now: float) -> Key | None:
    """Return the key of a secret, or None where it is unknown, expired or revoked."""
    query = select(*_COLUMNS).where(tables.keys.c.hash == _hash(secret), _holds(now))
    with reading(engine) as connection:
        row = connection.execute(query).one_or_none()
    return Key(**row._asdict()) if row else None


def list_keys(engine: Engine) -> list[Key]:
    """Return all keys, also those that have ended, the oldest first."""
    query = select(*_COLUMNS).order_by(tables.keys.c.created_at, tables.keys.c.id)
    with reading(engine) as connection:
        return [Key(**row._asdict()) for row in connection.execute(query)]


def revoke_key(engine: Engine, key_id: str, *, now: float) -> bool:
    """End a key and its sessions at once; return whether there was one to end."""
    with writing(engine) as connection:
        done = connection.execute(
            update(tables.keys)
            .where(tables.keys.c.id == key_id, tables.keys.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        connection.execute(delete(tables.sessions).where(tables.sessions.c.key_id == key_id))
    return done.rowcount == 1


def open_session(engine: Engine, key_id: str, *, hours: float, now: float) -> str:
    """Open a browser's session and return its token; sessions that are over are cleared away."""
    token = secrets.token_urlsafe(32)
    with writing(engine) as connection:
        connection.execute(delete(tables.sessions).where(tables.sessions.c.expires_at <= now))
        connection.execute(
            insert(tables.sessions).values(hash=_hash(token), key_id=key_id, expires_at=now + hours * 3600)
        )
    return token


def find_session(engine: Engine, token: str, *, now: float) -> Key | None:
    """Return the key behind a session, or None where the session or its key has ended."""
    query = (
        select(*_COLUMNS)
        .join(tables.sessions, tables.sessions.c.key_id == tables.keys.c.id)
        .where(tables.sessions.c.hash == _hash(token), tables.sessions.c.expires_at > now, _holds(now))
    )
    with reading(engine) as connection:
        row = connection.execute(query).one_or_none()
    return Key(**row._asdict()) if row else None


def close_session(engine: Engine, token: str) -> None:
    """End a session."""
    with writing(engine) as connection:
        connection.execute(delete(tables.sessions).where(tables.sessions.c.hash == _hash(token)))


def _holds(now: float) -> ColumnElement[bool]:
    columns = tables.keys.c
    return and_(columns.revoked_at.is_(None), or_(columns.expires_at.is_(None), columns.expires_at > now))


def _hash(secret: str) -> str:
    """Hash a secret; one of 256 random bits needs no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
