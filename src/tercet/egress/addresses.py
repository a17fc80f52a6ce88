"""Which IP addresses are the public Internet's, and what the others are. Pure.

From the IANA special-purpose address registries for IPv4 and IPv6. IPv6 is an allow-list: only global unicast
(2000::/3) less what in it carries, or stands for, another address.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

_IPV4 = {
    "0.0.0.0/8": "this host",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "shared by a carrier",
    "127.0.0.0/8": "loopback",
    "168.63.129.16/32": "a cloud's metadata service",
    "169.254.0.0/16": "link-local, where metadata services live",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "reserved for protocols",
    "192.0.2.0/24": "for documentation",
    "192.88.99.0/24": "a 6to4 relay",
    "192.168.0.0/16": "private",
    "198.18.0.0/15": "for benchmarks",
    "198.51.100.0/24": "for documentation",
    "203.0.113.0/24": "for documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
}
_IPV6 = {
    "::/128": "unspecified",
    "::1/128": "loopback",
    "::ffff:0:0/96": "an IPv4 address in IPv6 form",
    "::ffff:0:0:0/96": "an IPv4 address in IPv6 form",
    "::/96": "an IPv4 address in IPv6 form",
    "64:ff9b::/32": "an IPv4 address behind NAT64",
    "100::/64": "discarded",
    "2001::/32": "an IPv4 address in a Teredo tunnel",
    "2001::/23": "reserved for protocols",
    "2001:db8::/32": "for documentation",
    "2002::/16": "an IPv4 address in a 6to4 tunnel",
    "3fff::/20": "for documentation",
    "fc00::/7": "private",
    "fe80::/10": "link-local",
    "fec0::/10": "site-local",
    "ff00::/8": "multicast",
}
_GLOBAL_IPV6 = IPv6Network("2000::/3")
_SPECIAL_IPV4 = tuple((IPv4Network(network), kind) for network, kind in _IPV4.items())
_SPECIAL_IPV6 = tuple((IPv6Network(network), kind) for network, kind in _IPV6.items())


def special_kind(address: Address) -> str | None:
    """Return what `address` is instead of a public one (`loopback`, `private`, …), or None for a public one."""
    if isinstance(address, IPv4Address):
        return next((kind for network, kind in _SPECIAL_IPV4 if address in network), None)
    if address.scope_id is not None:
        return "bound to a zone"
    kind = next((kind for network, kind in _SPECIAL_IPV6 if address in network), None)
    return kind if kind or address in _GLOBAL_IPV6 else "reserved"


def parse_address(text: str) -> Address | None:
    """Return the address that `text` is in canonical form, or None."""
    try:
        return ip_address(text)
    except ValueError:
        return None
