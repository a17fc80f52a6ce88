"""Runs around a command that Landlock confines: starts it, and ends whatever it leaves behind.

Reads its orders as JSON from descriptor argv[1]. It is the parent of all that the command starts, also of what
cuts itself loose, and its own life hangs on a pipe to the server. Uses the standard library alone.
"""

import ctypes
import json
import os
import select
import signal
import struct
import sys
from typing import Any, NoReturn

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_FILTER, _PR_SET_CHILD_SUBREAPER = 38, 22, 2, 36
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF, _PATH_BENEATH = 444, 445, 446, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE, _IOCTL_DEVICE = 1, 2, 4, 8, 1 << 14, 1 << 15
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEVICE
_DEVICE_NODES = 1 << 6 | 1 << 11
_SCOPES = 0b11
"""Abstract sockets and signals of processes outside (linux/landlock.h)."""

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")
    return result


def _rights(abi: int) -> int:
    """Return every right over files that this kernel knows."""
    return (1 << (16 if abi >= 5 else 15 if abi >= 3 else 14 if abi >= 2 else 13)) - 1


def confine_files(abi: int, readable: list[str], writable: list[str], devices: list[str]) -> None:
    """Give up every right over files but those named, and TCP with them where the kernel can."""
    handled = _rights(abi)
    attributes = struct.pack("=QQQ", handled, 0b11 if abi >= 4 else 0, _SCOPES if abi >= 6 else 0)
    length = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = _check(_libc.syscall(_CREATE_RULESET, attributes, length, 0), "landlock")
    grants = [(path, (_EXECUTE | _READ_FILE | _READ_DIR)) for path in readable]
    grants += [(path, handled & ~_DEVICE_NODES & ~_IOCTL_DEVICE) for path in writable]
    grants += [(path, _READ_FILE | _WRITE_FILE) for path in devices]
    for path, rights in grants:
        try:
            beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        if not os.path.isdir(path):
            rights &= _FILE_RIGHTS
        rule = struct.pack("=Qi", rights & handled, beneath)
        _check(_libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0), f"landlock {path}")
        os.close(beneath)
    _check(_libc.syscall(_RESTRICT_SELF, ruleset, 0), "landlock")
    os.close(ruleset)


def filter_calls(program: bytes) -> None:
    """Put the process under a system call filter."""
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    _check(_libc.prctl(_PR_SET_SECCOMP, _SECCOMP_FILTER, header, 0, 0), "seccomp")


def become_command(orders: dict[str, Any], gate: int) -> NoReturn:
    """Wait to be let go, give everything up and become the command."""
    try:
        os.setsid()
        if os.read(gate, 1) != b"\n":
            os._exit(125)
        os.close(gate)
        os.chdir(orders["cwd"])
        if orders["user"] is not None:
            os.setgroups([])
            os.setresgid(*(orders["user"],) * 3)
            os.setresuid(*(orders["user"],) * 3)
        _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
        confine_files(orders["abi"], orders["readable"], orders["writable"], orders["devices"])
        filter_calls(bytes.fromhex(orders["filter"]))
        os.execvpe(orders["argv"][0], orders["argv"], orders["environment"])
    except BaseException as error:
        os.write(2, f"{orders['argv'][0]}: {error}\n".encode())
        os._exit(126)


def descendants() -> list[int]:
    """Return the processes below this one that have not ended."""
    parents: dict[int, tuple[int, str]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                    state, parent = file.read().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            parents[int(name)] = int(parent), state
    below: list[int] = []
    waiting = [os.getpid()]
    while waiting:
        above = waiting.pop()
        children = [pid for pid, (parent, _) in parents.items() if parent == above]
        waiting += children
        below += [pid for pid in children if parents[pid][1] not in "ZX"]
    return below


def end_all(user: int | None) -> None:
    """End every process below this one; what forks meanwhile is stopped first, so that none gets away."""
    while True:
        if user is not None:
            _kill_user(user)
        for number in (signal.SIGSTOP, signal.SIGSTOP, signal.SIGKILL):
            for pid in descendants():
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    pass
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return


def _kill_user(user: int) -> None:
    """End every process of a user that only one sandbox has."""
    pid = os.fork()
    if pid == 0:
        os.setresuid(user, user, user)
        os.kill(-1, signal.SIGKILL)
        os._exit(0)
    os.waitpid(pid, 0)


def main() -> None:
    with open(int(sys.argv[1]), "rb") as file:
        orders = json.load(file)
    info, life = orders["info"], orders["life"]
    _check(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "subreaper")
    wake, wakeup = os.pipe()
    for end in (wake, wakeup):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
    gate, opener = os.pipe()
    command = os.fork()
    if command == 0:
        for end in (info, life, opener, wake, wakeup):
            os.close(end)
        signal.set_wakeup_fd(-1)
        become_command(orders, gate)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    os.close(gate)
    os.write(info, json.dumps({"child-pid": command}).encode())
    os.close(info)
    for kept in range(3, 1024):
        if kept not in (life, opener, wake, wakeup):
            try:
                os.close(kept)
            except OSError:
                pass
    status = _attend(command, life, opener, wake)
    for end in (0, 1, 2):
        os.close(end)
    end_all(orders["user"])
    os._exit(status)


def _attend(command: int, life: int, opener: int, wake: int) -> int:
    """Let the command go when the server says so; return its status, or 137 when it is not to go on."""
    while True:
        ready, _, _ = select.select([life, wake], [], [])
        if life in ready:
            said = os.read(life, 1)
            if not said:
                return 137
            os.write(opener, said)
        if wake in ready and signal.SIGTERM in os.read(wake, 64):
            return 137
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return 137
            if pid == command:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code
            if pid == 0:
                break


if __name__ == "__main__":
    main()
