"""Requests to addresses chosen outside go to public addresses, and to the one that was checked."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address, ip_network

import httpx
import pytest

from shared.runtime.outbound import AddressRefusedError, GuardedTransport, reachable

LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - an address to refuse
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "ff0e::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
    ],
)
def test_what_is_not_public_is_not_reached(address: str) -> None:
    assert not reachable(ip_address(address), ())


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1"])
def test_what_is_public_is_reached(address: str) -> None:
    assert reachable(ip_address(address), ())


def test_an_allowed_network_is_reached_also_when_mapped() -> None:
    assert reachable(ip_address("127.0.0.1"), LOOPBACK)
    assert reachable(ip_address("::ffff:127.0.0.1"), LOOPBACK)
    assert not reachable(ip_address("10.0.0.1"), LOOPBACK)


@asynccontextmanager
async def _server(answer: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heard


OK = b"HTTP/1.1 204 No Content\r\n\r\n"


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    """A name that answers differently the second time (rebinding) is asked only once."""
    asked: list[str] = []

    async def resolver(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    async with (
        _server(OK) as (port, heard),
        httpx.AsyncClient(transport=GuardedTransport(LOOPBACK, resolver)) as client,
    ):
        answer = await client.post(f"http://eventi.example:{port}/qui", content=b"{}")
    assert answer.status_code == 204
    assert asked == ["eventi.example"]
    assert f"host: eventi.example:{port}".encode() in heard[0].lower()


@pytest.mark.parametrize(
    "found", [["127.0.0.1"], ["1.1.1.1", "10.0.0.1"], ["fe80::1%eth0"], ["::ffff:192.168.0.1"]]
)
async def test_one_address_that_must_not_be_reached_is_enough(found: list[str]) -> None:
    async def resolver(host: str, port: int) -> Sequence[str]:
        return found

    async with httpx.AsyncClient(transport=GuardedTransport((), resolver)) as client:
        with pytest.raises(AddressRefusedError):
            await client.post("https://eventi.example/", content=b"{}")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://[::1]:1/", "http://2130706433:1/"])
async def test_an_address_written_in_the_url_is_checked_too(url: str) -> None:
    async with httpx.AsyncClient(transport=GuardedTransport()) as client:
        with pytest.raises(AddressRefusedError):
            await client.get(url)


async def test_a_redirect_is_answered_not_followed() -> None:
    redirect = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    async with (
        _server(redirect) as (port, _),
        httpx.AsyncClient(transport=GuardedTransport(LOOPBACK)) as client,
    ):
        answer = await client.post(f"http://127.0.0.1:{port}/", content=b"{}")
    assert answer.status_code == 302


async def test_a_name_without_address_is_told_as_such() -> None:
    async def resolver(host: str, port: int) -> Sequence[str]:
        raise OSError(host)

    async with httpx.AsyncClient(transport=GuardedTransport((), resolver)) as client:
        with pytest.raises(httpx.ConnectError, match="does not resolve"):
            await client.get("https://nessuno.invalid/")
