"""Sealing of what users entrust: AES-256-GCM under a key derived from the installation's key file.

A sealed text is a mark, 32 random bytes from which its own key is derived, and chunks of 1 MiB.
The nonce of a chunk is its place and whether it is the last, so that none can be changed, moved or left out.
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gridder.errors import GridderError
from gridder.io.key import pseudonym_key

CHUNK_BYTES = 2**20
_TAG_BYTES = 16
_SALT_BYTES = 32
_MARK = b"gridder seal 1\n"


class SealError(GridderError):
    """A sealed text was changed, is not whole, or was sealed under another key."""


class Sealer:
    """Seals and unseals under one key.

    Parameters
    ----------
    key
        The installation's secret, from which the keys of sealed texts are derived.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, content: bytes) -> bytes:
        """Return `content` sealed."""
        target = io.BytesIO()
        self.seal_stream([content], target)
        return target.getvalue()

    def unseal(self, sealed: bytes) -> bytes:
        """Return what was sealed.

        Raises
        ------
        SealError
            It is not what this key sealed.
        """
        return b"".join(self.unseal_stream(io.BytesIO(sealed)))

    def seal_stream(self, source: Iterable[bytes], target: BinaryIO) -> None:
        """Seal pieces of any size, as they come, into `target`."""
        salt = secrets.token_bytes(_SALT_BYTES)
        cipher = self._cipher(salt)
        target.write(_MARK + salt)
        held = bytearray()
        place = 0
        for piece in source:
            held += piece
            while len(held) > CHUNK_BYTES:
                target.write(cipher.encrypt(_nonce(place, last=False), bytes(held[:CHUNK_BYTES]), _MARK))
                del held[:CHUNK_BYTES]
                place += 1
        target.write(cipher.encrypt(_nonce(place, last=True), bytes(held), _MARK))

    def unseal_stream(self, source: BinaryIO) -> Iterator[bytes]:
        """Return what was sealed, chunk by chunk; each is whole, and all are there if nothing is raised.

        Raises
        ------
        SealError
            It is not what this key sealed, or not all of it.
        """
        head = source.read(len(_MARK) + _SALT_BYTES)
        if not head.startswith(_MARK) or len(head) < len(_MARK) + _SALT_BYTES:
            raise SealError("this is no sealed text")
        cipher = self._cipher(head[len(_MARK) :])
        place = 0
        chunk = source.read(CHUNK_BYTES + _TAG_BYTES)
        while True:
            following = source.read(CHUNK_BYTES + _TAG_BYTES)
            try:
                yield cipher.decrypt(_nonce(place, last=not following), chunk, _MARK)
            except InvalidTag as error:
                raise SealError("a sealed text was changed, cut or sealed under another key") from error
            if not following:
                return
            chunk = following
            place += 1

    def _cipher(self, salt: bytes) -> AESGCM:
        return AESGCM(HKDF(SHA256(), 32, salt, b"gridder seal").derive(self._key))


def installation_sealer() -> Sealer:
    """Return the sealer under the installation's key file.

    Raises
    ------
    InputError
        The key file cannot be used.
    """
    return Sealer(pseudonym_key())


def _nonce(place: int, *, last: bool) -> bytes:
    return place.to_bytes(11, "big") + bytes([last])
