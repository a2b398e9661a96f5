"""Whom the server lets in: tables of requests, and what is to come of each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_core.dashboard.http.admission import Admission, Asked, Refusal

LOOPBACK = Admission()
NAMED = Admission("192.168.1.7", allow_host=(" GAN.example.org ", "box", "[2001:DB8:0::7]"))
TUNNEL = Admission(allow_origin=("https://x-8050.app.example", "http://Gan.example:8443"))
BEHIND = Admission(allow_host=("a.example",), trust_proxy=("10.0.0.2", "172.17.0.0/16", "fd00::/8"))
PROXY = "10.0.0.2"
THIS_MACHINE = [
    "127.0.0.1",
    "localhost",
    "LocalHost",
    "localhost.",
    "gan.localhost",
    "a.b.localhost.",
    "127.0.0.2",
    "127.255.1.9",
]
THIS_MACHINE += ["[::1]", "[0:0:0:0:0:0:0:1]", "[::]", "0.0.0.0", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"]
NO_NAMES = [None, "", "[::1", "[", "]:8050", "[]", "a b", "localhost:8050:9", "127.0.0.1,evil.example", "<b>.example"]
NO_NAMES += ["::1", "localhost:x", "localhost:65536", "localhost/", "user@localhost", ".localhost", "a..localhost"]
NO_NAMES += ["[127.0.0.1]", "[::1%eth0]", "localhost\n", "local\x00host", "a" * 300, "-localhost", ".", "localhost#"]
NO_NAMES += ["\u217focalhost", "local\u212aost", "loca\u017fhost"]  # letters that become ASCII ones elsewhere


def said(rule: Admission, host: str | None, origin: str | None = None, **rest: str) -> Refusal | None:
    return rule.refusal(Asked(host=host, origin=origin, **rest))


def option(rule: Admission, host: str | None, origin: str | None = None, **rest: str) -> str | None:
    refusal = said(rule, host, origin, **rest)
    assert refusal is not None
    assert refusal.option is None or refusal.option in refusal.sentence
    return refusal.option


# -- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", THIS_MACHINE)
@pytest.mark.parametrize("port", ["", ":8050", ":80", ":"])
def test_names_of_this_machine_are_let_in(name: str, port: str) -> None:
    assert said(LOOPBACK, name + port) is None
    if port != ":":
        assert said(LOOPBACK, name + port, f"http://{name}{port}") is None


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("evil.example", "evil.example"),
        ("EVIL.example.:8050", "evil.example"),
        ("127.0.0.1.evil.example", "127.0.0.1.evil.example"),
        ("localhost.evil.example:8050", "localhost.evil.example"),
        ("notlocalhost", "notlocalhost"),
        ("evil-localhost:8050", "evil-localhost"),
        ("128.0.0.1:8050", "128.0.0.1"),
        ("127.1", "127.1"),
        ("2130706433:8050", "2130706433"),
        ("192.168.1.7:8050", "192.168.1.7"),
        ("[::2]:8050", "[::2]"),
        ("[fe80::1]", "[fe80::1]"),
        ("[::ffff:8.8.8.8]:8050", "8.8.8.8"),
        ("xn--localhost-9za", "xn--localhost-9za"),
    ],
)
def test_a_foreign_name_is_refused_with_its_option(host: str, name: str) -> None:
    """A name that was rebound to this machine, or an address that is not its own. The option does let it in."""
    for rule in (LOOPBACK, Admission("0.0.0.0"), Admission("::"), Admission(""), TUNNEL):
        assert option(rule, host) == f"--allow-host {name}"
        assert option(rule, host, f"http://{host}") == f"--allow-host {name}"
    assert said(Admission(allow_host=[name]), host) is None


@pytest.mark.parametrize("host", NO_NAMES)
def test_what_is_no_name_is_refused_without_an_option(host: str | None) -> None:
    assert option(LOOPBACK, host) is None
    assert option(LOOPBACK, host, f"http://{host}") is None


def test_names_that_options_give() -> None:
    for host in (
        "192.168.1.7:8050",
        "gan.example.org",
        "gan.example.org.:443",
        "BOX:8050",
        "[2001:db8::7]:1",
        "localhost",
    ):
        assert said(NAMED, host) is None, host
    assert option(NAMED, "example.org") == "--allow-host example.org"
    assert option(NAMED, "a.gan.example.org") == "--allow-host a.gan.example.org"


@pytest.mark.parametrize("listens", ["0.0.0.0", "::", "", "192.168.1.7"])
def test_the_address_at_which_a_request_came_in_is_let_in(listens: str) -> None:
    rule = Admission(listens)
    assert said(rule, "192.168.1.7:8050", "http://192.168.1.7:8050", came_to="192.168.1.7") is None
    assert said(rule, "192.168.1.7:8050", came_to="::ffff:192.168.1.7") is None
    assert said(rule, "[2001:db8::7]:8050", came_to="2001:DB8::7") is None
    assert option(rule, "192.168.1.8:8050", came_to="192.168.1.7") == "--allow-host 192.168.1.8"
    assert option(rule, "evil.example:8050", came_to="192.168.1.7") == "--allow-host evil.example"


# -- pages -------------------------------------------------------------------------------------------------------------


def test_no_origin_is_no_page() -> None:
    """A navigation, or a program such as curl."""
    assert said(LOOPBACK, "127.0.0.1:8050") is None


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("a.example:443", "https://a.example"),
        ("a.example", "https://a.example:443"),
        ("a.example", "https://a.example"),
        ("a.example:80", "http://a.example"),
        ("a.example", "http://a.example:80"),
        ("A.Example.", "http://a.example"),
        ("a.example:8443", "https://a.example:8443"),
    ],
)
def test_a_page_of_the_same_address_is_its_own(host: str, origin: str) -> None:
    """However default ports are written. A page at https:// is one behind a proxy that takes TLS off."""
    assert said(BEHIND, host, origin) is None


@pytest.mark.parametrize(
    ("origin", "allows"),
    [
        ("http://evil.example", "http://evil.example"),
        ("https://evil.example:8050", "https://evil.example:8050"),
        ("http://127.0.0.1:8051", "http://127.0.0.1:8051"),  # another server on the same machine
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("https://127.0.0.1", "https://127.0.0.1"),
        ("http://localhost:8050", "http://localhost:8050"),  # another origin, even though the same server
        ("http://127.0.0.1:8050.evil.example", None),
        ("http://127.0.0.1.evil.example:8050", "http://127.0.0.1.evil.example:8050"),
        ("http://127.0.0.1:8050@evil.example", None),
        ("null", None),  # a sandboxed frame, a file, a redirect
        ("", None),
        ("file://", None),
        ("http://", None),
        ("127.0.0.1:8050", None),
        ("ftp://127.0.0.1:8050", None),
        ("http://127.0.0.1:8050/", None),
        ("http://127.0.0.1:8050 ", None),
        ("http://127.0.0.1:8050, http://evil.example", None),
        ("http://[::1", None),
        ("http://[", None),
        ("https://x-8050.app.example", "https://x-8050.app.example"),  # a tunnel that rewrites Host
    ],
)
def test_a_foreign_page_is_refused_with_its_option(origin: str, allows: str | None) -> None:
    assert option(LOOPBACK, "127.0.0.1:8050", origin) == (allows and f"--allow-origin {allows}")
    if allows:
        assert said(Admission(allow_origin=[allows]), "127.0.0.1:8050", origin) is None


@pytest.mark.parametrize("origin", ["http://a.example", "http://a.example:8443", "https://a.example:8443"])
def test_ports_are_compared(origin: str) -> None:
    assert option(BEHIND, "a.example:443", origin) == f"--allow-origin {origin}"
    assert option(BEHIND, "a.example:8050", origin) == f"--allow-origin {origin}"


def test_origins_that_options_give() -> None:
    assert said(TUNNEL, "127.0.0.1:8050", "https://x-8050.app.example") is None  # Host rewritten
    assert said(TUNNEL, "x-8050.app.example", "https://x-8050.app.example:443") is None  # Host kept
    assert said(TUNNEL, "localhost:8050", "http://gan.example:8443") is None
    for origin in ("http://x-8050.app.example", "https://x-8050.app.example:8050", "http://gan.example", "null"):
        assert said(TUNNEL, "127.0.0.1:8050", origin) is not None, origin


# -- proxies -----------------------------------------------------------------------------------------------------------


def test_a_port_that_a_named_proxy_drops() -> None:
    assert option(BEHIND, "a.example", "http://a.example:8443", came_from="10.0.0.3") is not None
    assert said(BEHIND, "a.example", "http://a.example:8443", came_from=PROXY) is None
    assert option(BEHIND, "a.example", "http://b.example:8443", came_from=PROXY) is not None
    assert option(BEHIND, "a.example:80", "http://a.example:8443", came_from=PROXY) is not None  # not dropped
    for port, lets_in in (("8443", True), ("443", False), ("1, 8443", True), ("8443, 1", False)):
        refusal = said(BEHIND, "a.example", "http://a.example:8443", came_from=PROXY, forwarded_port=port)
        assert (refusal is None) is lets_in, port


@pytest.mark.parametrize("proxy", [PROXY, "172.17.200.1", "::ffff:172.17.0.1", "fd12::1"])
def test_what_a_named_proxy_forwards_counts(proxy: str) -> None:
    def ask(forwarded: str, origin: str, proto: str = "https") -> Refusal | None:
        return said(BEHIND, "ganscope:8050", origin, came_from=proxy, forwarded_host=forwarded, forwarded_proto=proto)

    assert ask("a.example", "https://a.example") is None
    assert ask("A.example:8443", "https://a.example:8443") is None
    assert ask("evil.example, a.example", "https://a.example") is None  # the nearest proxy's is the last
    for forwarded, origin, proto in (
        ("a.example, evil.example", "https://a.example", "https"),  # no name of this server, whoever forwards it
        ("evil.example", "https://evil.example", "https"),
        ("a.example", "http://a.example", "https"),  # another protocol than the one that it came by
        ("a.example", "https://a.example", "http"),
        ("a.example", "https://evil.example", "https"),
        ("a.example:8443", "https://a.example", "https"),
        ("a b", "https://a.example", "https"),
    ):
        assert ask(forwarded, origin, proto) is not None, (forwarded, origin, proto)


@pytest.mark.parametrize("stranger", ["", "10.0.0.3", "172.18.0.1", "127.0.0.1", "::1", "unix:", "fe80::1%eth0"])
def test_what_anybody_else_forwards_does_not(stranger: str) -> None:
    forged = {"forwarded_host": "a.example", "forwarded_proto": "https", "forwarded_port": "443"}
    assert option(BEHIND, "evil.example", came_from=stranger, **forged) == "--allow-host evil.example"
    assert option(BEHIND, "127.0.0.1:8050", "https://a.example", came_from=stranger, **forged) is not None
    forged["forwarded_host"] = "evil.example"
    assert said(BEHIND, "a.example", "https://a.example", came_from=stranger, **forged) is None
    assert option(BEHIND, "a.example", "https://evil.example", came_from=stranger, **forged) is not None


@pytest.mark.parametrize("network", ["10.0.0.300", "proxy", "10.0.0.0/33", ""])
def test_a_proxy_is_an_address_or_a_network(network: str) -> None:
    with pytest.raises(ValueError, match="not appear to be"):
        Admission(trust_proxy=[network])


# -- whatever is sent --------------------------------------------------------------------------------------------------

TEXTS = st.none() | st.text(max_size=40) | st.from_regex(r"(https?://)?\[?[a-z0-9.:%]{0,12}\]?(:[0-9]{0,6})?,?")


@given(host=TEXTS, origin=TEXTS, forwarded=TEXTS, port=TEXTS, proto=TEXTS, peer=st.sampled_from(["", PROXY, "::1"]))
def test_whatever_is_sent_gets_a_verdict(
    host: str | None, origin: str | None, forwarded: str | None, port: str | None, proto: str | None, peer: str
) -> None:
    asked = Asked(
        host=host, origin=origin, came_from=peer, forwarded_host=forwarded, forwarded_port=port, forwarded_proto=proto
    )
    refusal = LOOPBACK.refusal(asked)
    assert refusal is None or refusal.sentence
