"""What a session may reach: its environment's network policy, and what the operator added. Pure.

A domain covers itself and its subdomains. There are no wildcards. Private addresses are outside every policy: only
the operator's `allow` names them, and the policy must let them through as well.
"""

from ipaddress import IPv4Address
from typing import Literal

import msgspec

from tercet.egress.hosts import Target, parse_authority
from tercet.egress.refusals import Refused
from tercet.errors import ConfigInvalid, InvalidRequest

Access = Literal["enabled", "disabled", "restricted"]


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rules of one guard; the first three fields are those of an environment's `network`."""

    access: Access = "enabled"
    """enabled: every public host. disabled: none. restricted: what the lists say; without a list, nothing."""
    allowed_domains: tuple[str, ...] = ()
    """Domains with their subdomains, and IPv4 addresses in canonical form."""
    blocked_domains: tuple[str, ...] = ()
    """Domains with their subdomains that may not be reached; bare addresses then may not either."""
    allow: tuple[str, ...] = ()
    """The operator's: `host:port`, exactly as clients name it, that may be reached whatever address it has."""
    ports: tuple[int, ...] = (80, 443)
    """TCP ports that may be reached; those in `allow` besides."""

    def check(self, param: str = "network") -> None:
        """Raise `InvalidRequest` naming the field, under `param`, that does not make sense.

        Raises `ConfigInvalid` for what the operator set.
        """
        for field in ("allowed_domains", "blocked_domains"):
            for number, domain in enumerate(getattr(self, field)):
                _check_domain(domain, f"{param}.{field}[{number}]")
            if getattr(self, field) and self.access != "restricted":
                raise InvalidRequest(f"{field} needs access 'restricted'", param=f"{param}.{field}")
        if self.allowed_domains and self.blocked_domains:
            message = "blocked_domains cannot be combined with allowed_domains"
            raise InvalidRequest(message, param=f"{param}.blocked_domains")
        for entry in self.allow:
            _check_operators(entry)
        if not all(0 < port < 65_536 for port in self.ports):
            raise ConfigInvalid("setting 'egress.ports': a port is a number from 1 to 65535", param="egress.ports")

    def is_operators(self, target: Target) -> bool:
        """Tell whether the operator named this very host and port."""
        return str(target) in self.allow

    def admit(self, target: Target) -> None:
        """Raise `Refused` unless port and name may be reached; the address is not looked at."""
        if self.access == "disabled":
            raise Refused("disabled", "this session has no network access", str(target))
        if target.port not in self.ports and not self.is_operators(target):
            raise Refused("port", f"port {target.port} may not be reached", str(target))
        if self.access == "restricted":
            self._admit_domain(target)

    def _admit_domain(self, target: Target) -> None:
        if self.blocked_domains:
            if target.address is not None:
                message = "an address instead of a name, where some domains are blocked"
                raise Refused("domain_blocked", message, str(target))
            if covers(self.blocked_domains, target.name):
                raise Refused("domain_blocked", f"{target.name} is a blocked domain", str(target))
        elif not covers(self.allowed_domains, target.name):
            raise Refused("domain_not_allowed", f"{target.name} is not among the allowed domains", str(target))


def covers(domains: tuple[str, ...], name: str) -> bool:
    """Tell whether `name` is one of `domains` or below one of them."""
    return any(name == domain or name.endswith("." + domain) for domain in map(str.lower, domains))


def _check_operators(entry: str) -> None:
    try:
        target = parse_authority(entry, default_port=None)
    except Refused as error:
        message = f"setting 'egress.allow': {entry!r} is not host:port ({error})"
        raise ConfigInvalid(message, param="egress.allow") from error
    if str(target) != entry:
        raise ConfigInvalid(f"setting 'egress.allow': write {entry!r} as {str(target)!r}", param="egress.allow")


def _check_domain(domain: str, param: str) -> None:
    if "*" in domain:
        raise InvalidRequest(f"{domain!r}: wildcards are not served; a domain covers its subdomains", param=param)
    try:
        target = parse_authority(domain, default_port=443)
    except Refused as error:
        raise InvalidRequest(f"{domain!r} is not a domain: {error}", param=param) from error
    if target.host != domain.lower() or not isinstance(target.address, IPv4Address | None):
        raise InvalidRequest(f"{domain!r} is not a domain: no scheme, port, path or IPv6 address", param=param)
