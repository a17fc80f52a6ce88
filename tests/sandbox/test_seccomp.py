"""The filter, run instruction by instruction as the kernel would, and the profile for macOS as text."""

import errno
import struct
from pathlib import Path

import pytest

from tercet.errors import SandboxUnavailable
from tercet.sandbox.seatbelt import profile
from tercet.sandbox.seccomp import REFUSED, build_filter
from tercet.sandbox.syscalls import TABLES

_ARCHES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_ALLOWED, _KILLED = "allowed", "killed"
_ORDINARY = {
    "x86_64": {"read": 0, "mmap": 9, "execve": 59, "exit_group": 231, "rename": 82, "futex": 202, "clone": 56},
    "aarch64": {"read": 63, "mmap": 222, "execve": 221, "exit_group": 94, "futex": 98, "clone": 220},
}


def decide(program: bytes, number: int, arguments: tuple[int, ...] = (), arch: int = _ARCHES["x86_64"]) -> str | int:
    """Run the filter on a call: allowed, killed, or the error that it is given."""
    padded = (*arguments, *(0,) * (6 - len(arguments)))
    data = struct.pack("<IIQ6Q", number, arch, 0, *padded)
    code = [struct.unpack_from("<HBBI", program, at) for at in range(0, len(program), 8)]
    value = at = 0
    while True:
        operation, if_true, if_false, constant = code[at]
        at += 1
        match operation:
            case 0x20:
                (value,) = struct.unpack_from("<I", data, constant)
            case 0x15:
                at += if_true if value == constant else if_false
            case 0x25:
                at += if_true if value > constant else if_false
            case 0x45:
                at += if_true if value & constant else if_false
            case 0x06:
                answers = {0x7FFF0000: _ALLOWED, 0x80000000: _KILLED}
                return answers.get(constant) or constant & 0xFFFF


@pytest.mark.parametrize("machine", list(TABLES))
def test_refused_and_ordinary_calls(machine: str) -> None:
    program, numbers, arch = build_filter(sockets=True, machine=machine), TABLES[machine], _ARCHES[machine]
    for name in set(REFUSED) & set(numbers):
        assert decide(program, numbers[name], arch=arch) in (errno.EPERM, errno.ENOSYS), name
    for name, number in _ORDINARY[machine].items():
        assert decide(program, number, (0x11,), arch) == _ALLOWED, name
    assert decide(program, 9999, arch=arch) == errno.ENOSYS
    assert decide(program, 0, arch=0x40000003) == _KILLED
    assert decide(program, numbers["clone3"], arch=arch) == errno.ENOSYS


def test_arguments_decide() -> None:
    program, numbers = build_filter(sockets=True, machine="x86_64"), TABLES["x86_64"]
    cases = [
        ("clone", (0x10000000 | 17,), errno.EPERM),
        ("clone", (0x20000 | 17,), errno.EPERM),
        ("clone", (0x3D0F00,), _ALLOWED),
        ("ioctl", (0, 0x5412), errno.EPERM),
        ("ioctl", (0, 0xFFFFFFFF00005412), errno.EPERM),
        ("ioctl", (0, 0x541C), errno.EPERM),
        ("ioctl", (0, 0x5413), _ALLOWED),
        ("socket", (1,), _ALLOWED),
        ("socket", (2,), _ALLOWED),
        ("socket", (10,), _ALLOWED),
        ("socket", (16,), errno.EAFNOSUPPORT),
        ("socket", (40,), errno.EAFNOSUPPORT),
        ("personality", (0xFFFFFFFF,), _ALLOWED),
        ("personality", (0x40000,), errno.EPERM),
        ("open", (0, 0o101, 0o4755), errno.EPERM),
        ("open", (0, 0, 0o4755), _ALLOWED),
        ("openat", (0, 0, 0o101, 0o2755), errno.EPERM),
        ("openat", (0, 0, 0o101, 0o755), _ALLOWED),
        ("openat", (0, 0, 0o20200000, 0o4755), errno.EPERM),
        ("fchmodat", (0, 0, 0o4755), errno.EPERM),
        ("chmod", (0, 0o755), _ALLOWED),
        ("mknod", (0, 0o020666), errno.EPERM),
        ("mknod", (0, 0o060666), errno.EPERM),
        ("mknod", (0, 0o010666), _ALLOWED),
        ("fallocate", (), errno.EOPNOTSUPP),
    ]
    for name, arguments, expected in cases:
        assert decide(program, numbers[name], arguments) == expected, (name, arguments)


def test_without_a_network_namespace_every_socket_is_refused() -> None:
    program = build_filter(sockets=False, machine="x86_64")
    for family in (1, 2, 10, 16, 40):
        assert decide(program, TABLES["x86_64"]["socket"], (family,)) == errno.EACCES
    assert decide(program, 53, (1,)) == _ALLOWED  # socketpair


def test_unknown_architecture_is_refused() -> None:
    with pytest.raises(SandboxUnavailable, match="riscv64"):
        build_filter(sockets=True, machine="riscv64")


def test_profile_for_macos_denies_all_but_what_is_named() -> None:
    lines = profile(Path("/Users/me/ws"), ("/opt/python",)).splitlines()
    assert lines[:2] == ["(version 1)", "(deny default)"]
    assert '(allow file-read* file-write* (subpath "/Users/me/ws"))' in lines
    assert '(allow file-read* (subpath "/opt/python"))' in lines
    assert "(deny network*)" in lines
    assert not any("/Users" in line and "me/ws" not in line for line in lines)
    with pytest.raises(ValueError, match="quotes"):
        profile(Path('/Users/"me'), ())
