"""Names of machines and origins of pages, as header fields and options write them; this machine's own addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

DEFAULT_PORTS = {"http": 80, "https": 443}
WILDCARDS = ("0.0.0.0", "::", "")  # to listen on these is to listen on every address
_HOST = re.compile(r"([a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::([0-9]{0,5}))?", re.IGNORECASE | re.ASCII)
_ORIGIN = re.compile(r"(https?)://([^/?#@\s]+)", re.IGNORECASE | re.ASCII)
_MAX_NAME = 253  # letters


@dataclass(frozen=True)
class Host:
    """What a Host field says."""

    name: str  # in small letters, without brackets, without a dot at the end; an address in its shortest form
    port: int | None  # None: it says none

    def __str__(self) -> str:
        name = f"[{self.name}]" if ":" in self.name else self.name
        return name if self.port is None else f"{name}:{self.port}"


@dataclass(frozen=True)
class Origin:
    """What an Origin field says."""

    scheme: str  # http or https
    name: str  # as in Host
    port: int  # the scheme's own where it says none

    def __str__(self) -> str:
        port = None if self.port == DEFAULT_PORTS[self.scheme] else self.port
        return f"{self.scheme}://{Host(self.name, port)}"


def read_host(text: str) -> Host | None:
    """Read NAME, NAME:PORT, [ADDRESS] or [ADDRESS]:PORT; None for anything else."""
    parts = _HOST.fullmatch(text)
    if parts is None or len(text) > _MAX_NAME + len(":65535"):
        return None
    bracketed, port = parts[1].startswith("["), int(parts[2]) if parts[2] else None
    name = plain_name(parts[1])
    if not name or name.startswith((".", "-")) or ".." in name or (port or 0) > 65535:
        return None
    return Host(name, port) if bracketed == (":" in parts[1]) and (not bracketed or _is_address(name)) else None


def read_origin(text: str) -> Origin | None:
    """Read http://HOST or https://HOST; None for anything else, "null" among it."""
    parts = _ORIGIN.fullmatch(text)
    host = read_host(parts[2]) if parts else None
    if parts is None or host is None:
        return None
    scheme = parts[1].lower()
    return Origin(scheme, host.name, DEFAULT_PORTS[scheme] if host.port is None else host.port)


def plain_name(text: str) -> str:
    """A name as it is compared: see `Host.name`. Of an IPv4 address that is written as an IPv6 one, that one."""
    name = text.strip().lower().removesuffix(".").removeprefix("[").removesuffix("]")
    if not _is_address(name):
        return name
    address = ip_address(name)
    return str((isinstance(address, IPv6Address) and address.ipv4_mapped) or address)


def is_this_machine(name: str) -> bool:
    """Whether a name, as `Host` has it, means the machine it is used on: loopback, or no address in particular."""
    if not _is_address(name):
        return name == "localhost" or name.endswith(".localhost")
    address = ip_address(name)
    return address.is_loopback or address.is_unspecified


def reached_at(address: str) -> list[str]:
    """Where a server that listens on an address is found, this machine's loopback first if it listens on all."""
    if address not in WILDCARDS:
        return [address]
    loopback = "::1" if address == "::" else "127.0.0.1"
    return [loopback, *(own for own in own_addresses() if (":" in own) == (":" in loopback))]


def own_addresses() -> list[str]:
    """The addresses at which other machines reach this one, IPv4 first; none that are good on one link alone."""
    import psutil  # takes a moment to load, and is asked for only by a server that listens on every address

    up = {name for name, about in psutil.net_if_stats().items() if about.isup}
    found = {one.address for name, all_ in psutil.net_if_addrs().items() if name in up for one in all_}
    addresses = [ip_address(text) for text in found if _is_address(text)]
    outside = [one for one in addresses if not (one.is_loopback or one.is_link_local)]
    return [str(one) for one in sorted(outside, key=lambda one: (one.version, int(one)))]


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return "%" not in name  # with a zone it means something on one machine alone
