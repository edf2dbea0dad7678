from __future__ import annotations

import secrets

from sqlalchemy import Engine, func, select

from gridder.storage import tables
from gridder.storage.engine import reading
from gridder.storage.keys import (
    close_session,
    find_key,
    find_session,
    list_keys,
    make_key,
    open_session,
    revoke_key,
)

NOW = 1_000_000.0


def test_a_key_is_found_by_its_secret_alone(engine: Engine) -> None:
    key, secret = make_key(engine, name="村委会", role="planner", now=NOW)
    assert secret.startswith("gk_")
    assert len(secret) == 46
    assert find_key(engine, secret, now=NOW) == key
    assert find_key(engine, secret[:-1], now=NOW) is None
    assert find_key(engine, key.id, now=NOW) is None


def test_the_store_never_holds_a_secret(engine: Engine) -> None:
    key, secret = make_key(engine, name="a", role="viewer", now=NOW)
    token = open_session(engine, key.id, hours=1, now=NOW)
    with reading(engine) as connection:
        rows = [*connection.execute(select(tables.keys)), *connection.execute(select(tables.sessions))]
    assert secret not in str(rows)
    assert token not in str(rows)


def test_a_key_may_be_given(engine: Engine) -> None:
    given = secrets.token_urlsafe()
    key, secret = make_key(engine, name="a", role="admin", workspace="west", now=NOW, secret=given)
    assert secret == given
    assert find_key(engine, given, now=NOW) == key
    assert key.workspace == "west"


def test_a_key_ends_at_its_moment(engine: Engine) -> None:
    key, secret = make_key(engine, name="a", role="viewer", expires_at=NOW + 10, now=NOW)
    token = open_session(engine, key.id, hours=1, now=NOW)
    assert find_key(engine, secret, now=NOW + 9.9) == key
    assert find_key(engine, secret, now=NOW + 10) is None
    assert find_session(engine, token, now=NOW + 10) is None


def test_a_revoked_key_takes_its_sessions_along(engine: Engine) -> None:
    key, secret = make_key(engine, name="a", role="viewer", now=NOW)
    token = open_session(engine, key.id, hours=1, now=NOW)
    other, _ = make_key(engine, name="b", role="viewer", now=NOW + 1)
    its = open_session(engine, other.id, hours=1, now=NOW)
    assert revoke_key(engine, key.id, now=NOW + 5)
    assert not revoke_key(engine, key.id, now=NOW + 6)
    assert find_key(engine, secret, now=NOW + 5) is None
    assert find_session(engine, token, now=NOW + 5) is None
    assert find_session(engine, its, now=NOW + 5) == other
    assert [(k.name, k.revoked_at) for k in list_keys(engine)] == [("a", NOW + 5), ("b", None)]


def test_a_session_ends_at_its_hour_or_when_closed(engine: Engine) -> None:
    key, _ = make_key(engine, name="a", role="viewer", now=NOW)
    first = open_session(engine, key.id, hours=1, now=NOW)
    assert find_session(engine, first, now=NOW + 3599) == key
    assert find_session(engine, first, now=NOW + 3600) is None
    second = open_session(engine, key.id, hours=1, now=NOW + 3600)
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(tables.sessions)).scalar_one() == 1
    close_session(engine, second)
    assert find_session(engine, second, now=NOW + 3601) is None
