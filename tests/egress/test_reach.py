"""Where the guard lets nobody go: each case is held by the guard, and goes through a naive proxy to the victim."""

import pytest

from tercet.egress import Guard, Limits, Policy
from tests.egress.world import GREETING, SECRET, NaiveProxy, World, ask, world

QUICK = Limits(head_s=5, connect_s=5, idle_s=5)


def get(url: str, host: str | None = None) -> bytes:
    """Return a GET in absolute form; the Host field is the URL's own unless given."""
    named = host if host is not None else url.removeprefix("http://").partition("/")[0]
    return f"GET {url} HTTP/1.1\r\nHost: {named}\r\n".encode() + b"{auth}\r\nConnection: close\r\n\r\n"


def tunnel(authority: str, inside: str = "GET / HTTP/1.1\r\nHost: x\r\n\r\n") -> bytes:
    return f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n".encode() + b"{auth}\r\n\r\n" + inside.encode()


REACHES = {
    "loopback": (get("http://127.0.0.1/"), "address"),
    "loopback elsewhere in its network": (get("http://127.8.9.10/"), "address"),
    "this host": (get("http://0.0.0.0/"), "address"),
    "private 10": (get("http://10.0.0.7/"), "address"),
    "private 172": (get("http://172.16.3.4/"), "address"),
    "private 192": (get("http://192.168.1.1/"), "address"),
    "carrier": (get("http://100.64.1.1/"), "address"),
    "metadata": (get("http://169.254.169.254/latest/meta-data/"), "address"),
    "metadata of Azure": (get("http://168.63.129.16/"), "address"),
    "metadata of Alibaba": (get("http://100.100.100.200/"), "address"),
    "multicast": (get("http://224.0.0.1/"), "address"),
    "reserved": (get("http://240.0.0.1/"), "address"),
    "broadcast": (get("http://255.255.255.255/"), "address"),
    "benchmarking": (get("http://198.18.0.1/"), "address"),
    "IPv6 loopback": (get("http://[::1]/"), "address"),
    "IPv6 unspecified": (get("http://[::]/"), "address"),
    "IPv6 private": (get("http://[fd00:ec2::254]/"), "address"),
    "IPv6 link-local": (get("http://[fe80::1]/"), "address"),
    "IPv6 site-local": (get("http://[fec0::1]/"), "address"),
    "IPv6 multicast": (get("http://[ff02::1]/"), "address"),
    "IPv4 mapped": (get("http://[::ffff:127.0.0.1]/"), "address"),
    "IPv4 mapped in hexadecimal": (get("http://[::ffff:7f00:1]/"), "address"),
    "IPv4 compatible": (get("http://[::127.0.0.1]/"), "address"),
    "IPv4 translated": (get("http://[::ffff:0:127.0.0.1]/"), "address"),
    "6to4": (get("http://[2002:7f00:1::]/"), "address"),
    "Teredo": (get("http://[2001:0:7f00:1::]/"), "address"),
    "NAT64": (get("http://[64:ff9b::7f00:1]/"), "address"),
    "NAT64 local": (get("http://[64:ff9b:1::7f00:1]/"), "address"),
    "IPv6 zone": (get("http://[fe80::1%eth0]/"), "encoded_address"),
    "IPv6 zone escaped": (get("http://[fe80::1%25eth0]/"), "encoded_address"),
    "decimal": (get("http://2130706433/"), "encoded_address"),
    "octal": (get("http://0177.0.0.1/"), "encoded_address"),
    "octal in one number": (get("http://017700000001/"), "encoded_address"),
    "hexadecimal": (get("http://0x7f000001/"), "encoded_address"),
    "hexadecimal parts": (get("http://0x7f.0x0.0x0.0x1/"), "encoded_address"),
    "short": (get("http://127.1/"), "encoded_address"),
    "shorter": (get("http://0/"), "encoded_address"),
    "leading zeros": (get("http://127.000.000.001/"), "encoded_address"),
    "trailing dot": (get("http://127.0.0.1./"), "encoded_address"),
    "name with a trailing dot": (get("http://loop.example./"), "encoded_address"),
    "percent-encoded": (get("http://%31%32%37.0.0.1/"), "encoded_address"),
    "user name": (get("http://shop.example@127.0.0.1/"), "malformed"),
    "user name and password": (get("http://shop.example:80@127.0.0.1/"), "malformed"),
    "name of a private address": (get("http://inside.example/"), "address"),
    "name of loopback": (get("http://loop.example/"), "address"),
    "name of the metadata service": (get("http://meta.example/"), "address"),
    "name of a public and a private address": (get("http://mixed.example/"), "address"),
    "name of a public address and ::1": (get("http://mixed6.example/"), "address"),
    "name of a mapped address": (get("http://mapped.example/"), "address"),
    "name of a NAT64 address": (get("http://nat64.example/"), "address"),
    "Host of another": (get("http://shop.example/", "127.0.0.1"), "host_mismatch"),
    "Host of another port": (get("http://shop.example/", "loop.example:81"), "host_mismatch"),
    "two Hosts": (
        b"GET http://shop.example/ HTTP/1.1\r\nHost: shop.example\r\nHost: 127.0.0.1\r\n{auth}\r\n\r\n",
        "malformed",
    ),
    "CONNECT to loopback": (tunnel("127.0.0.1:443"), "address"),
    "CONNECT to port 25": (tunnel("127.0.0.1:25"), "port"),
    "CONNECT to port 22 of a name": (tunnel("loop.example:22"), "port"),
    "CONNECT to a metadata name": (tunnel("meta.example:80"), "address"),
    "CONNECT to decimal": (tunnel("2130706433:80"), "encoded_address"),
    "CONNECT to ::1": (tunnel("[::1]:80"), "address"),
}
UNICODE = {
    "full-width digits": ("GET http://１２７.０.０.１/ HTTP/1.1\r\nHost: １２７.０.０.１\r\n", "malformed"),
    "circled digits": ("GET http://①②⑦.⓪.⓪.①/ HTTP/1.1\r\nHost: ①②⑦.⓪.⓪.①\r\n", "malformed"),
    "ideographic dots": ("GET http://127。0。0。1/ HTTP/1.1\r\nHost: 127。0。0。1\r\n", "malformed"),
}
REACHES |= {
    name: (head.encode() + b"{auth}\r\nConnection: close\r\n\r\n", reason) for name, (head, reason) in UNICODE.items()
}


def guard_of(outside: World, policy: Policy | None = None, limits: Limits = QUICK) -> Guard:
    return Guard(policy or Policy(), limits=limits, resolve=outside.resolve, connect=outside.connect)


@pytest.mark.parametrize("name", REACHES)
async def test_held(name: str) -> None:
    raw, reason = REACHES[name]
    async with world() as outside, guard_of(outside) as guard:
        answer = await ask(guard, raw)
        assert not outside.is_breached
        assert SECRET.encode() not in answer
        assert f"Tercet-Egress: {reason}".encode() in answer
        assert guard.tally == {reason: 1}
        assert outside.connected == []


@pytest.mark.parametrize("name", REACHES)
async def test_the_control_is_breached(name: str) -> None:
    raw, _ = REACHES[name]
    async with world() as outside, NaiveProxy(outside) as proxy:
        answer = await ask(proxy, raw)
        assert outside.is_breached
        assert SECRET.encode() in answer


async def test_public_hosts_are_reached() -> None:
    async with world() as outside, guard_of(outside) as guard:
        for url in ("http://shop.example/", "http://93.184.216.34/", "http://six.example/a?b=c", "http://SHOP.example"):
            answer = await ask(guard, get(url))
            assert answer.startswith(b"HTTP/1.1 200")
            assert GREETING.encode() in answer
        assert guard.tally == {}
        assert outside.public.requests[2].startswith("GET /a?b=c HTTP/1.1\r\nhost: six.example\r\n")
        assert "proxy-authorization" not in outside.public.requests[0].lower()


async def test_a_name_that_changes_its_answer_is_looked_up_once() -> None:
    async with world() as outside, guard_of(outside) as guard:
        answer = await ask(guard, get("http://rebind.example/"))
        assert GREETING.encode() in answer
        assert outside.asked == ["rebind.example"]
        assert outside.connected == [("93.184.216.34", 80)]
        assert b"Tercet-Egress: address" in await ask(guard, get("http://rebind.example/"))
        assert not outside.is_breached


async def test_rebinding_breaches_the_control() -> None:
    async with world() as outside, NaiveProxy(outside) as proxy:
        assert SECRET.encode() in await ask(proxy, get("http://rebind.example/"))


async def test_the_policy_decides_by_name() -> None:
    only_shop = Policy(access="restricted", allowed_domains=("shop.example",))
    not_shop = Policy(access="restricted", blocked_domains=("shop.example",))
    cases: list[tuple[Policy, str, str | None]] = [
        (Policy(access="disabled"), "http://shop.example/", "disabled"),
        (Policy(access="restricted"), "http://shop.example/", "domain_not_allowed"),
        (only_shop, "http://shop.example/", None),
        (only_shop, "http://www.shop.example/", None),
        (only_shop, "http://evilshop.example/", "domain_not_allowed"),
        (only_shop, "http://shop.example.evil.example/", "domain_not_allowed"),
        (only_shop, "http://93.184.216.34/", "domain_not_allowed"),
        (not_shop, "http://other.example/", None),
        (not_shop, "http://www.shop.example/", "domain_blocked"),
        (not_shop, "http://93.184.216.34/", "domain_blocked"),
        (Policy(access="restricted", allowed_domains=("loop.example",)), "http://loop.example/", "address"),
        (Policy(access="restricted", allowed_domains=("127.0.0.1",)), "http://127.0.0.1/", "address"),
        (Policy(access="disabled", allow=("127.0.0.1:80",)), "http://127.0.0.1/", "disabled"),
    ]
    for policy, url, reason in cases:
        async with world() as outside, guard_of(outside, policy) as guard:
            answer = await ask(guard, get(url))
            expected = f"Tercet-Egress: {reason}" if reason else GREETING
            assert expected.encode() in answer, (policy, url, answer)
            assert not outside.is_breached


async def test_the_operator_may_name_private_hosts() -> None:
    policy = Policy(allow=("127.0.0.1:8080", "inside.example:80"))
    async with world() as outside, guard_of(outside, policy) as guard:
        assert SECRET.encode() in await ask(guard, get("http://127.0.0.1:8080/"))
        assert SECRET.encode() in await ask(guard, get("http://inside.example/"))
        assert b"Tercet-Egress: port" in await ask(guard, get("http://127.0.0.1:8081/"))
        assert b"Tercet-Egress: port" in await ask(guard, get("http://loop.example:8080/"))


async def test_nothing_passes_without_the_token() -> None:
    async with world() as outside, guard_of(outside) as guard:
        for header in ("", "Proxy-Authorization: Bearer wrong\r\n", "Proxy-Authorization: Basic Z3VhcmQ6\r\n"):
            raw = f"GET http://shop.example/ HTTP/1.1\r\nHost: shop.example\r\n{header}\r\n"
            assert (await ask(guard, raw.encode())).startswith(b"HTTP/1.1 407")
        assert outside.public.requests == []
        assert guard.tally == {"unauthorized": 3}
