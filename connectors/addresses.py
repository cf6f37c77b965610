"""Which network addresses may be reached: public ones, internal ones where a source allows it, metadata never."""

from __future__ import annotations

import ipaddress
import socket

from connectors.errors import ConfigError

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Addresses at which clouds hand out a machine's own credentials; no city's system lies there. Link-local ones are
# all of AWS's, Google's and Azure's; the rest are single ones.
_NEVER = tuple(
    ipaddress.ip_network(text)
    for text in (
        *("169.254.0.0/16", "fe80::/10"),
        *("fd00:ec2::254", "fd00:ec2::253", "fd00:ec2::23", "fd20:ce::254"),
        *("100.100.100.200", "192.0.0.192", "168.63.129.16"),
        *("224.0.0.0/4", "ff00::/8", "255.255.255.255"),
    )
)
# What Python 3.11 counts as public and is not: IPv4 in other clothes, site-local and documentation addresses.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(text)
    for text in (
        "::/96",
        "2002::/16",
        "2001::/32",
        "64:ff9b:1::/48",
        "fec0::/10",
        "3fff::/20",
        "5f00::/16",
        "192.88.99.0/24",
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class ForbiddenAddress(OSError):
    """A name leads to an address that may not be reached; `is_never` when no setting opens it."""

    def __init__(self, address: str, *, is_never: bool) -> None:
        super().__init__(address)
        self.address = address
        self.is_never = is_never

    def as_setting(self, where: str) -> ConfigError:
        """What to tell the one who gave the address."""
        if self.is_never:
            return ConfigError(
                id=f"{where} menuju {self.address}, alamat yang tidak pernah dibuka (metadata mesin, multicast). "
                "Perbaiki alamat koneksinya.",
                en=f"{where} leads to {self.address}, an address that is never opened (machine metadata, multicast). "
                "Mend the connection's address.",
            )
        return ConfigError(
            id=f"{where} berada di jaringan dalam ({self.address}). Bila memang itu sistemnya, tulis "
            "allow: [private_addresses] di sumbernya.",
            en=f"{where} lies on an internal network ({self.address}). If that is the system meant, write "
            "allow: [private_addresses] in its source.",
        )


def check_address(text: str, *, may_be_private: bool) -> None:
    """Raise `ForbiddenAddress` for an address that may not be reached, however it is spelt or wrapped."""
    address = ipaddress.ip_address(text.split("%")[0])
    forms = (address, *_within(address))
    if any(form in network for form in forms for network in _NEVER):
        raise ForbiddenAddress(str(address), is_never=True)
    if not may_be_private and not all(map(_is_public, forms)):
        raise ForbiddenAddress(str(address), is_never=False)


def resolve(host: str, port: int, *, may_be_private: bool) -> list[str]:
    """The addresses of a name, all of them checked; `OSError` when there are none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        check_address(address, may_be_private=may_be_private)
    return addresses


def _is_public(address: _Address) -> bool:
    if address in _NAT64:
        return True  # as public as the IPv4 address within
    return address.is_global and not any(address in network for network in _NOT_PUBLIC)


def _within(address: _Address) -> list[_Address]:
    """The IPv4 addresses that an IPv6 one stands for or leads to."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found: list[_Address | None] = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if int(address) >> 32 == 0 or address in _NAT64:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in found if one is not None]
