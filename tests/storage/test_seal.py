from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridder.storage import seal
from gridder.storage.seal import Sealer, SealError, installation_sealer

SEALER = Sealer(bytes(range(32)))
HEAD = 15 + 32
CHUNK = 16 + 16


@pytest.fixture(autouse=True, scope="module")
def _small_chunks() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seal, "CHUNK_BYTES", 16)
        yield


@given(st.lists(st.binary(max_size=50), max_size=5))
def test_what_is_sealed_comes_back_however_it_came(pieces: list[bytes]) -> None:
    target = io.BytesIO()
    SEALER.seal_stream(pieces, target)
    content = b"".join(pieces)
    assert SEALER.unseal(target.getvalue()) == content
    assert len(target.getvalue()) == HEAD + len(content) + 16 * max(1, -(-len(content) // 16))


def test_pieces_come_back_one_by_one() -> None:
    sealed = SEALER.seal(bytes(40))
    assert [len(piece) for piece in SEALER.unseal_stream(io.BytesIO(sealed))] == [16, 16, 8]


def test_sealing_twice_gives_nothing_to_compare() -> None:
    first, second = SEALER.seal(b"same"), SEALER.seal(b"same")
    assert first[15:] != second[15:]
    assert b"same" not in first


@pytest.mark.parametrize("length", [0, 1, 16, 40])
def test_no_byte_can_be_changed(length: int) -> None:
    sealed = SEALER.seal(bytes(length))
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(SealError):
            SEALER.unseal(bytes(changed))


@pytest.mark.parametrize("length", [0, 1, 16, 48])
def test_nothing_can_be_cut_off_or_added(length: int) -> None:
    sealed = SEALER.seal(bytes(length))
    for end in range(len(sealed)):
        with pytest.raises(SealError):
            SEALER.unseal(sealed[:end])
    for more in (b"\0", sealed[-CHUNK:], sealed):
        with pytest.raises(SealError):
            SEALER.unseal(sealed + more)


def test_chunks_cannot_be_moved_left_out_or_lent() -> None:
    sealed, other = SEALER.seal(bytes(64)), SEALER.seal(bytes(64))
    head, chunks = _apart(sealed)
    _, lent = _apart(other)
    for wrong in (
        [chunks[1], chunks[0], *chunks[2:]],
        [*chunks[:2], chunks[3], chunks[2]],
        [chunks[0], *chunks[2:]],
        [*chunks[:2], chunks[1], *chunks[2:]],
        [lent[0], *chunks[1:]],
    ):
        with pytest.raises(SealError):
            SEALER.unseal(head + b"".join(wrong))


def test_another_key_opens_nothing() -> None:
    with pytest.raises(SealError, match=re.escape("under another key")):
        Sealer(bytes(32)).unseal(SEALER.seal(b"names"))


def test_what_was_never_sealed_is_refused() -> None:
    for text in (b"", b"name,phone\n", b"x" * 500):
        with pytest.raises(SealError, match="no sealed text"):
            SEALER.unseal(text)


def test_the_installation_has_one_key() -> None:
    assert installation_sealer().unseal(installation_sealer().seal(b"names")) == b"names"


def _apart(sealed: bytes) -> tuple[bytes, list[bytes]]:
    body = sealed[HEAD:]
    return sealed[:HEAD], [body[i : i + CHUNK] for i in range(0, len(body), CHUNK)]
