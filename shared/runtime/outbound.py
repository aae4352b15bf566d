"""Requests to addresses that somebody outside chose: they never reach where they must not.

A chamber says where its events go, an administrator where a measurement system is asked. A
name that resolves to a machine of the internal network would make the service ask in the
caller's place (server-side request forgery). So the name is resolved once, every address it
has is checked, and the connection goes to the address that was checked, whatever the name
resolves to a moment later.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpx

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Addresses of a host and port, as text; raises ``OSError`` where there are none."""


class AddressRefusedError(httpx.RequestError):
    """The URL leads to an address that requests from here must not reach."""

    code = "address_refused"


async def resolve(host: str, port: int) -> list[str]:
    """Every address of a host, by the machine's own resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def reachable(address: Address, allowed: Sequence[Network]) -> bool:
    """Whether requests may go there: a public address, or one in a network allowed by name."""
    embedded = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    if embedded is not None:  # an IPv4 address in an IPv6 one leads where the former does
        address = embedded
    if any(address in network for network in allowed):
        return True
    return address.is_global and not address.is_multicast


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends to addresses that may be reached, and to no other.

    Every request has a connection of its own: one that is kept open could serve, for another
    name with the same address, a request that was never checked against its certificate.

    Args:
        allowed: networks that may be reached although they are not public.
        resolver: how names become addresses.
    """

    def __init__(self, allowed: Sequence[Network] = (), resolver: Resolver = resolve) -> None:
        self._allowed = tuple(allowed)
        self._resolver = resolver
        self._transport = httpx.AsyncHTTPTransport(
            limits=httpx.Limits(max_keepalive_connections=0), trust_env=False
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See :class:`httpx.AsyncBaseTransport`.

        Raises:
            AddressRefusedError: the host has an address that must not be reached.
            httpx.ConnectError: the host has no address.
        """
        host = request.url.host
        address = await self._checked(request, host)
        # The certificate is still checked against the name, which ``Host`` names too.
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=address)
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        """Closes what is open."""
        await self._transport.aclose()

    async def _checked(self, request: httpx.Request, host: str) -> str:
        if request.url.scheme not in {"http", "https"}:
            raise AddressRefusedError("only http and https are allowed", request=request)
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        try:
            found = await self._resolver(host, port)
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError("the host name does not resolve", request=request) from error
        # A zone (``fe80::1%eth0``) names an interface of this machine: never a public address.
        addresses = [ip_address(one.partition("%")[0]) for one in found]
        if not addresses:
            raise httpx.ConnectError("the host name has no address", request=request)
        if not all(reachable(address, self._allowed) for address in addresses):
            raise AddressRefusedError("the address is not a public one", request=request)
        return str(addresses[0])
