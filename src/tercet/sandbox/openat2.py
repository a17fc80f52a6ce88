"""The `openat2` system call, which opens a path beneath a folder and follows no link on the way."""

import ctypes
import errno
import functools
import os
import platform

_NUMBER = 437
_NO_MAGICLINKS, _NO_SYMLINKS, _BENEATH = 0x02, 0x04, 0x08
"""linux/openat2.h."""

MAX_ATTEMPTS = 100
"""The kernel gives up (EAGAIN) when something is renamed meanwhile; code inside can rename for ever."""


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


@functools.cache
def is_served() -> bool:
    """Tell whether this kernel has the call: Linux since 5.6, unless a filter hides it."""
    if platform.system() != "Linux":
        return False
    try:
        os.close(_open(-100, ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
    except OSError:
        return False
    return True


def open_beneath(folder: int, path: str, flags: int) -> int:
    """Open `path` from `folder`; raises `OSError`, with EXDEV or ELOOP where it leads out or over a link."""
    for attempt in range(MAX_ATTEMPTS):
        try:
            return _open(folder, path, flags)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EINTR) or attempt == MAX_ATTEMPTS - 1:
                raise
    raise AssertionError


def _open(folder: int, path: str, flags: int) -> int:
    how = _OpenHow(flags=flags, mode=0, resolve=_BENEATH | _NO_MAGICLINKS | _NO_SYMLINKS)
    opened: int = _libc().syscall(_NUMBER, folder, os.fsencode(path), ctypes.byref(how), ctypes.sizeof(how))
    if opened < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), path)
    return opened
