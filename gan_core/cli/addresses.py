"""Options about where the server is found, and who may talk to it there: each a text that is read, or a sentence."""

from __future__ import annotations

import re
from ipaddress import ip_network

from gan_core.system.addresses import read_origin

# What Kubernetes sets for a service by the name of "ganscope": GANSCOPE_PORT=tcp://10.0.0.7:8050.
OF_A_SERVICE = re.compile(r"(tcp|udp|sctp)://\S+")
_SEGMENT = re.compile(r"(?:[A-Za-z0-9._~@+=,!-]|%[0-9A-Fa-f]{2})+")
_MAX_PATH = 200  # letters
# As Content-Security-Policy has them: pages of one server, of all below a name, on any port; or a program's own scheme.
_ANCESTOR = re.compile(r"https?://(\*\.)?[a-z0-9.-]+(:([0-9]{1,5}|\*))?|(?!(https?|data|blob):)[a-z][a-z0-9+.-]*:")


def read_address(text: str) -> str:
    """An address to listen on."""
    if not text or text != text.strip() or "/" in text:
        raise ValueError(f"it must be an address or a name to listen on, such as 127.0.0.1; {text!r} is not.")
    return text


def read_host_names(text: str) -> tuple[str, ...]:
    """Names of hosts, with commas between."""
    names = _parted(text)
    for name in names:
        # One colon would be a port; an IPv6 address has at least two.
        if not re.fullmatch(r"[^\s/@?#]+", name) or name.count(":") == 1:
            raise ValueError(f"it must be a name without http:// and without a port; {name!r} is not.")
    return names


def read_origins(text: str) -> tuple[str, ...]:
    """Origins of pages, with commas between; a slash at the end, as of a copied address, is left out."""
    origins = tuple(read_origin(each.removesuffix("/")) for each in _parted(text))
    if None in origins:
        raise ValueError(f"it must be http:// or https:// and a name, as in https://gan.example.org; {text!r} is not.")
    return tuple(map(str, origins))


def read_ancestors(text: str) -> tuple[str, ...]:
    """Whose pages may have this one in a frame, with commas between."""
    ancestors = tuple(each.removesuffix("/").lower() for each in _parted(text))
    for each in ancestors:
        if not _ANCESTOR.fullmatch(each):
            raise ValueError(
                "it must be http:// or https:// and a name, as in http://localhost:8888 or https://*.example.org, or "
                f"the scheme of a program, as in vscode-webview:; {each!r} is not."
            )
    return ancestors


def read_networks(text: str) -> tuple[str, ...]:
    """Addresses of proxies, or networks of them, with commas between."""
    try:
        return tuple(str(ip_network(each, strict=False)) for each in _parted(text))
    except ValueError:
        raise ValueError(
            f"it must be an address or a network, as 127.0.0.1 or 172.17.0.0/16; {text!r} is not."
        ) from None


def read_base_path(text: str) -> str:
    """The path below which a proxy shows the server, without a slash at its end; "" for none."""
    path = text.rstrip("/")
    segments = path.split("/")[1:]
    fit = all(_SEGMENT.fullmatch(segment) and segment not in (".", "..") for segment in segments)
    if not fit or path[:1] not in ("", "/") or (not path and text != "/") or len(path) > _MAX_PATH:
        raise ValueError(f"it must be a path that begins with a slash, as in /user/me/proxy/8050; {text!r} is not.")
    return path


def _parted(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(","))
