"""The attacks that run as code: each the body of a Python program that prints `WON`, or the token of a decoy.

Each is small enough to succeed without harm in the throw-away namespaces of the control. `P` holds where the decoys
are: paths, ports, the id of a decoy process.
"""

from typing import NamedTuple

PRELUDE = """
import ctypes, json, os, signal, socket, stat, struct, subprocess, sys, threading, time
P = json.loads(os.environ["ATTACK"])
libc = ctypes.CDLL(None, use_errno=True)
def won(is_won=True):
    if is_won: print("WON", flush=True)
def call(number, *arguments):
    return libc.syscall(number, *arguments)
def ask(family, address, kind=socket.SOCK_STREAM):
    with socket.socket(family, kind) as s:
        s.settimeout(3); s.connect(address)
        if kind == socket.SOCK_DGRAM: s.send(b"?")
        print(s.recv(100).decode())
def children(count, work):
    pids = []
    try:
        for _ in range(count):
            pid = os.fork()
            if pid == 0:
                try: work()
                finally: os._exit(0)
            pids.append(pid)
    finally:
        alive = len(pids)
        time.sleep(0.5)
        for pid in pids: os.kill(pid, 9); os.waitpid(pid, 0)
    return alive
"""


class Inside(NamedTuple):
    """An attack by code. `needs_root`: without a sandbox it succeeds for root only."""

    name: str
    group: str
    code: str
    needs_root: bool = False
    needs: str = ""
    """It is tried without a sandbox only where this file exists."""

    leaves: str = ""
    """It has won when this file of the host is there, or still grows, after it ended."""


def _attacks(group: str, *, needs_root: bool = False, needs: str = "", **codes: str) -> list[Inside]:
    return [Inside(name.replace("_", " "), group, code, needs_root, needs) for name, code in codes.items()]


NETWORK = [
    *_attacks(
        "network",
        TCP_over_IPv4='ask(socket.AF_INET, ("127.0.0.1", P["tcp4"]))',
        TCP_over_IPv6='ask(socket.AF_INET6, ("::1", P["tcp6"]))',
        IPv4_mapped_in_IPv6='ask(socket.AF_INET6, ("::ffff:127.0.0.1", P["tcp4"]))',
        DNS_over_UDP='ask(socket.AF_INET, ("127.0.0.1", P["udp"]), socket.SOCK_DGRAM)',
        Unix_socket_by_path='ask(socket.AF_UNIX, P["unix"])',
        abstract_Unix_socket='ask(socket.AF_UNIX, "\\0" + P["abstract"])',
        netlink_socket="socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0); won()",
    ),
    *_attacks(
        "network",
        needs_root=True,
        metadata_address='ask(socket.AF_INET, ("169.254.169.254", P["metadata"]))',
        raw_socket="socket.socket(socket.AF_INET, socket.SOCK_RAW, 1); won()",
        packet_socket="socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 768); won()",
    ),
]

FILES = [
    *_attacks(
        "files",
        ssh_key_in_a_home='print(open(P["ssh_key"]).read())',
        another_workspace='print(open(P["other"]).read())',
        database_of_the_server='print(open(P["database"]).read())',
        through_the_root_of_the_server='print(open(f"/proc/{P[\'decoy\']}/root" + P["ssh_key"]).read())',
        through_dot_dot='print(open("../" * 20 + P["ssh_key"].lstrip("/")).read())',
        hard_link_to_a_secret='os.link(P["ssh_key"], "stolen"); print(open("stolen").read())',
        setuid_bit_by_chmod="""
open("s", "w").close(); os.chmod("s", 0o4755); won(bool(os.stat("s").st_mode & 0o4000))
""",
        setuid_bit_at_creation="""
os.umask(0); os.open("s2", os.O_CREAT | os.O_WRONLY, 0o4755); won(bool(os.stat("s2").st_mode & 0o4000))
""",
    ),
    *_attacks(
        "files",
        needs_root=True,
        through_the_root_of_process_1='print(open("/proc/1/root" + P["ssh_key"]).read())',
        etc_shadow='won(":" in open("/etc/shadow").read())',
        write_to_usr='open("/usr/.attack", "w").close(); os.unlink("/usr/.attack"); won()',
        write_to_etc='open("/etc/.attack", "w").close(); os.unlink("/etc/.attack"); won()',
        write_to_the_root='open("/.attack", "w").close(); os.unlink("/.attack"); won()',
        file_by_handle="""
class H(ctypes.Structure): _fields_ = [("n", ctypes.c_uint), ("t", ctypes.c_int), ("b", ctypes.c_char * 128)]
handle, mount = H(n=128), ctypes.c_int()
assert libc.name_to_handle_at(-100, b"/usr", ctypes.byref(handle), ctypes.byref(mount), 0) == 0
won(libc.open_by_handle_at(os.open("/", 0), ctypes.byref(handle), 0) >= 0)
""",
    ),
    Inside("file in the host's tmp", "files", 'open(P["in_tmp"], "w").write("x")', leaves="in_tmp"),
]

DEVICES = [
    *_attacks(
        "devices",
        needs_root=True,
        make_a_device='os.mknod("dev", 0o666 | stat.S_IFCHR, os.makedev(1, 3)); os.unlink("dev"); won()',
        kernel_log='os.read(os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK), 8192); won()',
        make_a_disk='os.mknod("disk", 0o600 | stat.S_IFBLK, os.makedev(7, 0)); os.unlink("disk"); won()',
    ),
    *_attacks(
        "devices",
        needs_root=True,
        needs="/proc/kcore",
        kernel_memory='os.open("/proc/kcore", os.O_RDONLY); won()',
    ),
    *_attacks(
        "devices",
        needs_root=True,
        needs="/dev/loop-control",
        loop_devices='os.open("/dev/loop-control", os.O_RDWR); won()',
    ),
]

PROCESSES = [
    *_attacks(
        "processes",
        fork_bomb="won(children(150, lambda: time.sleep(20)) >= 150)",
        thread_bomb="""
for _ in range(150): threading.Thread(target=time.sleep, args=(2,), daemon=True).start()
won()
""",
        kill_the_server='os.kill(P["victim"], signal.SIGKILL); won()',
        stop_the_server='os.kill(P["decoy"], signal.SIGSTOP); os.kill(P["decoy"], signal.SIGCONT); won()',
        signal_by_pidfd='f = os.pidfd_open(P["decoy"]); signal.pidfd_send_signal(f, signal.SIGCONT); won()',
        environment_of_the_server="print(open(f\"/proc/{P['decoy']}/environ\").read())",
        command_line_of_the_server='won("sleep" in open(f"/proc/{P[\'decoy\']}/cmdline").read())',
        memory_of_the_server="""
for line in open(f"/proc/{P['decoy']}/maps"):
    if "[heap]" in line:
        start, end = (int(part, 16) for part in line.split()[0].split("-"))
        m = open(f"/proc/{P['decoy']}/mem", "rb"); m.seek(start); won(len(m.read(end - start)) > 0)
""",
        ptrace='won(call(101, 16, P["decoy"], 0, 0) == 0); call(101, 17, P["decoy"], 0, 0)',
        steal_a_descriptor='f = os.pidfd_open(P["decoy"]); won(call(438, f, 1, 0) >= 0)',
        own_environment="print(dict(os.environ))",
        leaked_descriptors="""
for number in range(3, 256):
    try: print(os.pread(number, 100, 0).decode())
    except OSError: pass
""",
        undo_the_limits="""
import resource
for name in (resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE, resource.RLIMIT_DATA):
    most = resource.getrlimit(name)[1]
    won(most == resource.RLIM_INFINITY or most > 100_000_000_000)
    if most == resource.RLIM_INFINITY: break
""",
        privileges_by_setuid_programs="""
won("NoNewPrivs:\\t0" in open("/proc/self/status").read())
""",
        capabilities_to_regain="""
won(any(line.startswith("CapBnd") and int(line.split()[1], 16) for line in open("/proc/self/status")))
""",
    ),
    Inside(
        "daemon that outlives its call",
        "processes",
        """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in (0, 1, 2): os.close(number)
        for _ in range(100):
            with open("beat", "a") as f: f.write(".")
            time.sleep(0.05)
    os._exit(0)
time.sleep(0.3)
""",
        leaves="beat",
    ),
    Inside(
        "daemon without parent or signals",
        "processes",
        """
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
for _ in range(3):
    if os.fork(): os._exit(0)
    os.setsid()
for number in (0, 1, 2): os.close(number)
for _ in range(100):
    with open("beat2", "a") as f: f.write(".")
    time.sleep(0.05)
""",
        leaves="beat2",
    ),
]

MEMORY = _attacks(
    "memory",
    memory_bomb="b = [bytearray(b'x' * 20_000_000) for _ in range(20)]; time.sleep(1); won()",
    memory_bomb_of_many_processes="""
reader, writer = os.pipe()
def work(): b = bytearray(b'x' * 60_000_000); os.write(writer, b"."); time.sleep(60)
pids = []
for _ in range(8):
    pid = os.fork()
    if pid == 0: work()
    pids.append(pid)
for _ in range(8): os.read(reader, 1)
time.sleep(3)
held = sum(not os.waitpid(pid, os.WNOHANG)[0] for pid in pids)
for pid in pids:
    try: os.kill(pid, 9)
    except ProcessLookupError: pass
won(held == 8)
""",
    memory_in_shared_files="""
open("/dev/shm/attack", "wb").write(b"x" * 60_000_000); os.unlink("/dev/shm/attack"); won()
""",
    memory_in_anonymous_files="""
f = os.memfd_create("x")
for _ in range(30): os.write(f, b"x" * 10_000_000)
won()
""",
    memory_in_System_V_segments="won(libc.shmget(0, 300_000_000, 0o1600) >= 0)",
)

DISK = _attacks(
    "disk",
    disk_bomb="""
for number in range(15):
    with open(f"big{number}", "wb") as f:
        for _ in range(5): f.write(os.urandom(2_000_000)); time.sleep(0.02)
won()
""",
    one_huge_file="""
with open("huge", "wb") as f:
    for _ in range(15): f.write(b"x" * 10_000_000)
won()
""",
    sparse_file="open('sparse', 'wb').truncate(10_000_000_000); os.unlink('sparse'); won()",
    allocation_without_writing="""
for number in range(10): os.posix_fallocate(os.open(f"a{number}", os.O_CREAT | os.O_RDWR), 0, 20_000_000) if call(
    285, os.open(f"a{number}", os.O_CREAT | os.O_RDWR), 0, ctypes.c_long(0), ctypes.c_long(20_000_000)) == 0 else 1/0
won()
""",
    deleted_files_held_open="""
held = []
for number in range(10):
    held.append(open(f"gone{number}", "w+b")); os.unlink(f"gone{number}")
    for _ in range(10): held[-1].write(os.urandom(1_500_000)); held[-1].flush(); time.sleep(0.02)
won()
""",
    many_files="""
for number in range(4000):
    open(f"f{number}", "w").close()
    if number % 50 == 0: time.sleep(0.02)
won()
""",
    folders_without_end="""
for number in range(400): os.mkdir("d"); os.chdir("d"); time.sleep(0.01 if number % 20 == 0 else 0)
time.sleep(0.5); won()
""",
    files_in_a_folder_that_cannot_be_read="""
os.mkdir("hidden"); os.chmod("hidden", 0o300)
for number in range(12):
    with open(f"hidden/f{number}", "wb") as f:
        for _ in range(5): f.write(os.urandom(2_000_000)); time.sleep(0.02)
won()
""",
)

KERNEL = [
    *_attacks(
        "kernel",
        new_user_namespace="won(libc.unshare(0x10000000) == 0)",
        new_user_namespace_by_clone="""
pid = call(56, 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0)
if pid == 0: os._exit(0)
won(pid > 0)
""",
        mount_in_a_new_namespace="""
assert libc.unshare(0x10020000) == 0
won(libc.mount(b"x", b"/mnt", b"tmpfs", 0, None) == 0)
""",
        keyring='won(call(248, b"user", b"attack", b"x", 1, ctypes.c_long(-3)) > 0)',
        personality="won(libc.personality(0x0040000) >= 0)",
        io_uring="won(call(425, 4, ctypes.create_string_buffer(120)) >= 0)",
    ),
    *_attacks(
        "kernel",
        needs_root=True,
        mount='won(libc.mount(b"x", b"/mnt", b"tmpfs", 0, None) == 0)',
        bind_over_the_system='won(libc.mount(b"/usr", b"/mnt", None, 4096, None) == 0)',
        unmount='libc.mount(b"x", b"/mnt", b"tmpfs", 0, None); won(libc.umount2(b"/mnt", 2) == 0)',
        chroot="os.mkdir('c'); os.chroot('c'); [os.chdir('..') for _ in range(50)]; os.chroot('.'); won()",
        join_a_namespace="won(libc.setns(os.open(f\"/proc/{P['decoy']}/ns/uts\", 0), 0) == 0)",
        rename_the_machine='won(libc.sethostname(b"attack", 6) == 0)',
        kernel_settings='open("/proc/sys/kernel/domainname", "w").write("attack"); won()',
        core_pattern='os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY); won()',
        cgroup_files="""
for folder, _, names in os.walk("/sys/fs/cgroup"):
    for name in {"release_agent", "cgroup.procs"} & set(names):
        os.open(os.path.join(folder, name), os.O_WRONLY); won(); sys.exit()
""",
        bpf="won(call(321, 0, struct.pack('IIIII', 2, 4, 4, 1, 0) + bytes(100), 120) >= 0)",
        userfaultfd="won(call(323, 0) >= 0)",
        terminal_injection="""
import fcntl, pty, termios
pid, main = pty.fork()
if pid == 0:
    try: fcntl.ioctl(0, termios.TIOCSTI, b"x")
    except OSError: os._exit(1)
    os._exit(0)
won(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0)
""",
    ),
]

KERNEL += _attacks(
    "kernel",
    needs_root=True,
    needs="/proc/sysrq-trigger",
    system_request='os.open("/proc/sysrq-trigger", os.O_WRONLY); won()',
)

INSIDE = [*NETWORK, *FILES, *DEVICES, *PROCESSES, *MEMORY, *DISK, *KERNEL]
