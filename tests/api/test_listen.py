"""The socket that the service listens on."""

from __future__ import annotations

import socket

import pytest

from gridder.cli.service import _listen


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_socket_names_its_protocol(host):
    """Asyncio looks at it before it lets small answers leave at once; else each waits for an acknowledgement, some 40 ms."""
    if host == "::1" and not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    with _listen(host, 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP
        with socket.create_connection(listener.getsockname()[:2]), listener.accept()[0] as accepted:
            assert accepted.proto == socket.IPPROTO_TCP
