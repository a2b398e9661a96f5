"""Names, origins, and this machine's own addresses."""

from __future__ import annotations

import socket

import pytest

from gan_core.system.addresses import Host, Origin, own_addresses, reached_at, read_host, read_origin


@pytest.mark.parametrize(
    ("text", "host", "written"),
    [
        ("Gan.Example.", Host("gan.example", None), "gan.example"),
        ("my_service:80", Host("my_service", 80), "my_service:80"),
        ("[2001:DB8::0:7]:443", Host("2001:db8::7", 443), "[2001:db8::7]:443"),
        ("[::ffff:10.0.0.1]", Host("10.0.0.1", None), "10.0.0.1"),
    ],
)
def test_a_host_is_read_and_written(text: str, host: Host, written: str) -> None:
    assert read_host(text) == host
    assert str(host) == written


def test_an_origin_has_the_port_of_its_scheme() -> None:
    assert (
        read_origin("HTTPS://Gan.example")
        == Origin("https", "gan.example", 443)
        == read_origin("https://gan.example:443")
    )
    assert str(Origin("https", "gan.example", 443)) == "https://gan.example"
    assert str(Origin("http", "::1", 443)) == "http://[::1]:443"


def test_its_own_addresses_can_be_listened_on() -> None:
    """Which the system lets nobody do on an address that is another machine's."""
    for address in own_addresses():
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family) as probe:
            probe.bind((address, 0))
        assert not address.startswith(("127.", "fe80", "169.254."))


def test_the_address_to_the_outside_is_among_them() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way_out:
        try:
            way_out.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            pytest.skip("this machine has no way out")
        assert way_out.getsockname()[0] in own_addresses()


def test_where_a_server_is_found() -> None:
    assert reached_at("192.168.1.7") == ["192.168.1.7"]
    assert reached_at("0.0.0.0") == ["127.0.0.1", *(one for one in own_addresses() if ":" not in one)]
    assert reached_at("::") == ["::1", *(one for one in own_addresses() if ":" in one)]
