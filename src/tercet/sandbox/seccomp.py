"""The filter of system calls that code in a sandbox runs under, assembled by hand as a BPF program.

Refused is what an ordinary program does not need and an escape does. What the kernel learnt after this list was
written is answered `ENOSYS`, and another instruction set's calls end the process, so that neither goes around it.
"""

import errno
import platform
import struct

from tercet.errors import SandboxUnavailable
from tercet.sandbox.syscalls import NEWEST_SYSCALL, TABLES

_LD, _JEQ, _JGT, _JSET, _RET = 0x20, 0x15, 0x25, 0x45, 0x06
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16
"""Offsets in `struct seccomp_data` (linux/seccomp.h)."""

_KILL, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""linux/audit.h."""

_NEW_NAMESPACES = 0x7E020000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET (linux/sched.h)."""

_CREATES = 0o20000100
"""O_CREAT and O_TMPFILE: the calls with one of them take a mode."""

_SET_ID = 0o6000
_BLOCK_OR_CHARACTER = 0o020000
"""S_IFCHR, whose bit S_IFBLK has too; FIFOs, sockets and plain files lack it."""

_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_UNIX, _INET, _INET6 = 1, 2, 10

Instruction = tuple[int, int, int, int]
"""Operation, jump if true, jump if false, constant: `struct sock_filter`."""

REFUSED = (
    # other processes' memory and descriptors
    "ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp "
    # mounts, roots and namespaces; `clone` and `clone3` are below
    "mount umount2 pivot_root chroot fsopen fsconfig fsmount fspick move_mount open_tree open_tree_attr "
    "mount_setattr statmount listmount unshare setns "
    # the kernel itself
    "kexec_load kexec_file_load init_module finit_module delete_module create_module bpf perf_event_open userfaultfd "
    "io_uring_setup io_uring_enter io_uring_register lookup_dcookie syslog reboot acct swapon swapoff quotactl "
    "quotactl_fd iopl ioperm modify_ldt uselib ustat sysfs _sysctl nfsservctl vhangup lsm_get_self_attr "
    "lsm_set_self_attr lsm_list_modules fanotify_init fanotify_mark "
    # files by handle, which knows no mounts
    "open_by_handle_at name_to_handle_at "
    # keys, which no namespace holds apart
    "keyctl add_key request_key "
    # the clock and the name of the machine
    "settimeofday clock_settime adjtimex clock_adjtime sethostname setdomainname "
    # memory that no process is seen to hold
    "memfd_create memfd_secret shmget vmsplice remap_file_pages "
    # where memory lies
    "move_pages migrate_pages mbind set_mempolicy set_mempolicy_home_node"
).split()


def _return(value: int) -> Instruction:
    return (_RET, 0, 0, value)


def _refuse(error: int) -> Instruction:
    return _return(_ERRNO | error)


def _argument(index: int) -> Instruction:
    """Load the lower half of an argument; both architectures are little-endian."""
    return (_LD, 0, 0, _ARGUMENTS + 8 * index)


_LOAD_NUMBER: Instruction = (_LD, 0, 0, _NUMBER)


def _when_bits(argument: int, bits: int, error: int) -> list[Instruction]:
    """Refuse a call with any of `bits` in an argument."""
    return [_argument(argument), (_JSET, 0, 1, bits), _refuse(error), _LOAD_NUMBER]


def _when_equal(argument: int, values: tuple[int, ...], error: int) -> list[Instruction]:
    """Refuse a call with one of `values` as an argument."""
    tests = [part for value in values for part in ((_JEQ, 0, 1, value), _refuse(error))]
    return [_argument(argument), *tests, _LOAD_NUMBER]


def _unless_equal(argument: int, values: tuple[int, ...], error: int) -> list[Instruction]:
    """Refuse a call without one of `values` as an argument."""
    tests = [(_JEQ, len(values) - place, 0, value) for place, value in enumerate(values)]
    return [_argument(argument), *tests, _refuse(error), _LOAD_NUMBER]


def _when_creating(flags: int, mode: int) -> list[Instruction]:
    """Refuse to create a file that changes who runs it."""
    return [
        _argument(flags),
        (_JSET, 0, 3, _CREATES),
        _argument(mode),
        (_JSET, 0, 1, _SET_ID),
        _refuse(errno.EPERM),
        _LOAD_NUMBER,
    ]


def _rules(sockets: bool) -> list[tuple[str, list[Instruction]]]:
    families = _unless_equal(0, (_UNIX, _INET, _INET6), errno.EAFNOSUPPORT)
    return [
        *((name, [_refuse(errno.EPERM)]) for name in REFUSED),
        ("clone", _when_bits(0, _NEW_NAMESPACES, errno.EPERM)),
        ("clone3", [_refuse(errno.ENOSYS)]),  # its flags are behind a pointer; libraries fall back to clone
        ("openat2", [_refuse(errno.ENOSYS)]),  # so is its mode
        ("fallocate", [_refuse(errno.EOPNOTSUPP)]),  # fills a disk faster than anybody can watch
        ("ioctl", _when_equal(1, (_TIOCSTI, _TIOCLINUX), errno.EPERM)),
        ("personality", _unless_equal(0, (0, 0xFFFFFFFF), errno.EPERM)),
        ("socket", families if sockets else [_refuse(errno.EACCES)]),
        ("chmod", _when_bits(1, _SET_ID, errno.EPERM)),
        ("fchmod", _when_bits(1, _SET_ID, errno.EPERM)),
        ("fchmodat", _when_bits(2, _SET_ID, errno.EPERM)),
        ("fchmodat2", _when_bits(2, _SET_ID, errno.EPERM)),
        ("creat", _when_bits(1, _SET_ID, errno.EPERM)),
        ("open", _when_creating(1, 2)),
        ("openat", _when_creating(2, 3)),
        ("mknod", _when_bits(1, _BLOCK_OR_CHARACTER, errno.EPERM)),
        ("mknodat", _when_bits(2, _BLOCK_OR_CHARACTER, errno.EPERM)),
    ]


def build_filter(*, sockets: bool, machine: str | None = None) -> bytes:
    """Return the program as the kernel takes it, eight bytes an instruction.

    `sockets` false refuses every new socket but a pair, for where no network namespace stands around the process.
    `machine` is an architecture's name as `uname -m` gives it, this one's by default. Raises `SandboxUnavailable`
    for an architecture without a table.
    """
    machine = machine or platform.machine()
    if machine not in TABLES:
        raise SandboxUnavailable(f"there is no table of system calls for {machine!r}; served are {', '.join(TABLES)}")
    numbers = TABLES[machine]
    program: list[Instruction] = [
        (_LD, 0, 0, _ARCH),
        (_JEQ, 1, 0, _AUDIT_ARCH[machine]),
        _return(_KILL),
        _LOAD_NUMBER,
        (_JGT, 0, 1, NEWEST_SYSCALL),
        _refuse(errno.ENOSYS),
    ]
    for name, body in _rules(sockets):
        if name in numbers:
            program += [(_JEQ, 0, len(body), numbers[name]), *body]
    program.append(_return(_ALLOW))
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in program)
