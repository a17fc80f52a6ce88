"""What a policy may say, and which addresses are public."""

from ipaddress import ip_address

import pytest

from tercet.egress import Guard, Policy
from tercet.egress.addresses import special_kind
from tercet.egress.hosts import parse_authority
from tercet.egress.refusals import Refused, shown
from tercet.errors import ConfigInvalid, InvalidRequest


@pytest.mark.parametrize(
    ("policy", "field"),
    [
        (Policy(access="restricted", allowed_domains=("*.example.com",)), "allowed_domains[0]"),
        (Policy(access="restricted", allowed_domains=("example.com", "https://x.com")), "allowed_domains[1]"),
        (Policy(access="restricted", blocked_domains=("example.com/path",)), "blocked_domains[0]"),
        (Policy(access="restricted", allowed_domains=("example.com:443",)), "allowed_domains[0]"),
        (Policy(access="restricted", allowed_domains=("",)), "allowed_domains[0]"),
        (Policy(access="restricted", allowed_domains=("[2001:db8::1]",)), "allowed_domains[0]"),
        (Policy(access="restricted", allowed_domains=("a.com",), blocked_domains=("b.com",)), "blocked_domains"),
        (Policy(access="enabled", allowed_domains=("a.com",)), "allowed_domains"),
        (Policy(access="disabled", blocked_domains=("a.com",)), "blocked_domains"),
    ],
)
def test_policies_that_make_no_sense_name_the_field(policy: Policy, field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        policy.check("environment.network")
    assert caught.value.param == f"environment.network.{field}"
    with pytest.raises(InvalidRequest):
        Guard(policy)


@pytest.mark.parametrize(
    "policy",
    [
        Policy(),
        Policy(access="disabled"),
        Policy(access="restricted", allowed_domains=("Example.com", "93.184.216.34", "xn--bcher-kva.example")),
    ],
)
def test_policies_that_do(policy: Policy) -> None:
    policy.check()


@pytest.mark.parametrize("text", ["1.1.1.1", "93.184.216.34", "172.15.0.1", "172.32.0.1", "2606:4700::1111", "2a00::1"])
def test_public_addresses(text: str) -> None:
    assert special_kind(ip_address(text)) is None


@pytest.mark.parametrize(
    "text",
    "0.1.2.3 10.255.255.255 100.127.255.255 127.0.0.2 169.254.1.1 172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 "
    "198.19.0.1 198.51.100.1 203.0.113.1 239.1.1.1 250.0.0.1 ::2 ::ffff:8.8.8.8 64:ff9b::808:808 64:ff9b:1::1 100::1 "
    "2001::1 2001:10::1 2001:db8::1 2002:808:808::1 3fff::1 5f00::1 fc00::1 fd12::1 fe80::1 feff::1 ff05::1 "
    "4000::1".split(),
)
def test_addresses_that_are_not(text: str) -> None:
    assert special_kind(ip_address(text))


@pytest.mark.parametrize(
    "text",
    ["", "a b", "a..b", "-a.com", "a-.com", "a" * 64, "a." * 130 + "com", "exa\u0661mple.com", "a:0", "a:٤٤٣", "a:+80",
     "a:99999", "a:", "a:80:80", "[::1", "[::1]x", "::1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "0x1", "a.0x1"],
)  # fmt: skip
def test_hosts_that_are_refused(text: str) -> None:
    with pytest.raises(Refused):
        parse_authority(text, 80)


def test_what_is_logged_of_a_host() -> None:
    assert shown("user:secret@host") == "host"
    assert shown("a\r\nb\x00") == "a??b?"
    assert len(shown("a" * 500)) == 101


@pytest.mark.parametrize(
    "entry", ["127.0.0.1", "*:80", "http://a:80", "A.example:80", "[0:0::1]:80", "127.1:80", "a:0"]
)
def test_what_the_operator_allows_must_be_what_clients_say(entry: str) -> None:
    with pytest.raises(ConfigInvalid, match=r"egress\.allow"):
        Policy(allow=(entry,)).check()


def test_ports_are_ports() -> None:
    Policy(allow=("127.0.0.1:8080", "[::1]:80", "intranet.example:1"), ports=(1, 65_535)).check()
    with pytest.raises(ConfigInvalid, match=r"egress\.ports"):
        Policy(ports=(0,)).check()
