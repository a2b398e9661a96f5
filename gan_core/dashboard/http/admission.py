"""Whom the server lets in: a rule on what a request says of itself, without a library of HTTP.

A page of another site can make a visitor's browser send requests to this machine. Checking Host stops names that were
rebound to it (DNS rebinding): it has to be a name of this machine's loopback, the very address at which the request
came in (an address cannot be rebound), or a name that an option gives. Checking Origin stops everything that another
page sends: it has to be the page's own server, or an origin that an option gives. What a proxy says of the way before
it, in X-Forwarded-*, counts only from an address that an option names; anybody else could write it, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from gan_core.system.addresses import (
    DEFAULT_PORTS,
    WILDCARDS,
    Host,
    is_this_machine,
    plain_name,
    read_host,
    read_origin,
)
from gan_core.texts.catalogue import say


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What admission looks at in a request. Header fields are as they came; None where there is none."""

    host: str | None
    origin: str | None = None
    came_from: str = ""  # address of the other end of the connection
    came_to: str = ""  # address of this end
    forwarded_host: str | None = None  # X-Forwarded-Host, and so on
    forwarded_port: str | None = None
    forwarded_proto: str | None = None


@dataclass(frozen=True)
class Refusal:
    """Why a request is not let in."""

    sentence: str
    option: str | None  # what to start the server with to let it in; None where nothing would


class Admission:
    """The rule, as options set it up."""

    def __init__(
        self,
        host: str = "127.0.0.1",
        allow_host: Iterable[str] = (),
        allow_origin: Iterable[str] = (),
        trust_proxy: Iterable[str] = (),
    ) -> None:
        """`host` is the address that is listened on, `allow_host` are further names without a port.

        Pages of `allow_origin` may steer, and the server goes by their names. `trust_proxy` are addresses or networks.
        Raises ValueError for what is none.
        """
        self._origins = {origin for text in allow_origin if (origin := read_origin(text))}
        named = () if host in WILDCARDS else (host,)
        self._names = {plain_name(name) for name in (*named, *allow_host)} | {one.name for one in self._origins}
        self._proxies: list[IPv4Network | IPv6Network] = [ip_network(text, strict=False) for text in trust_proxy]

        self.refusal = lru_cache(maxsize=64)(self._refusal)  # pages always say the same

    def _refusal(self, asked: Asked) -> Refusal | None:
        """Why a request is refused; None if it is let in."""
        proxied = self._is_trusted(asked.came_from)
        said = (_last(asked.forwarded_host) if proxied else None) or asked.host or ""
        host = read_host(said)
        if host is None:
            return Refusal(say("refusal.no-host", host=repr(said[:100])), None)
        if not self._goes_by(host.name, asked.came_to):
            option = f"--allow-host {Host(host.name, None)}"
            return Refusal(say("refusal.host", host=repr(said), option=option), option)
        if asked.origin is None or self._is_own_page(asked, host, proxied):
            return None
        origin = read_origin(asked.origin)
        if origin is None:
            return Refusal(say("refusal.no-origin", origin=repr(asked.origin[:100])), None)
        option = f"--allow-origin {origin}"
        return Refusal(say("refusal.origin", origin=repr(asked.origin), option=option), option)

    def _is_trusted(self, address: str) -> bool:
        try:
            peer = ip_address(plain_name(address))
        except ValueError:  # no address: a socket of this machine's, say
            return False
        return any(peer in network for network in self._proxies)

    def _goes_by(self, name: str, came_to: str) -> bool:
        return is_this_machine(name) or name in self._names or name == plain_name(came_to)

    def _is_own_page(self, asked: Asked, host: Host, proxied: bool) -> bool:
        """Whether the page that asks has the server's address, as its visitor's browser knows that."""
        origin = read_origin(asked.origin or "")
        if origin is None or origin in self._origins:
            return origin is not None
        scheme = _last(asked.forwarded_proto) if proxied else None
        if origin.name != host.name or scheme not in (None, origin.scheme):
            return False
        port = host.port
        if port is None and proxied:
            forwarded = _last(asked.forwarded_port) or ""
            if not forwarded.isdecimal():
                return True  # proxies often drop the port; which one it was cannot be known
            port = int(forwarded)
        # Without a port it is the scheme's own: of a page at https://, a proxy has taken TLS off on the way.
        return origin.port == (DEFAULT_PORTS[origin.scheme] if port is None else port)


def _last(field: str | None) -> str | None:
    """What the nearest proxy has said: each adds its own to the end of what came, which anybody may have written."""
    return field.rpartition(",")[2].strip().lower() or None if field else None
