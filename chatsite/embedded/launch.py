"""Become another program: tied to the parent's life, and for Postgres never as uid 0.

Run as a file (`python -I launch.py …`), so that it has read everything it needs before it gives up root.
It replaces itself by `execv`: the process id stays that of the started program.
"""

import ctypes
import os
import pwd
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

CLONE_NEWUSER = 0x10000000  # <sched.h>
PR_SET_PDEATHSIG = 1  # <sys/prctl.h>
EXIT_UNREACHABLE = 126  # what shells answer for "found but cannot be run"


@dataclass(frozen=True, slots=True)
class Identity:
    """Under which user a program runs: `kind` is "same", "mapped" (own user namespace) or "dropped"."""

    kind: str
    uid: int = 0
    gid: int = 0

    @property
    def owner(self) -> tuple[int, int]:
        """Who has to own the program's files, seen from outside any namespace."""
        return (self.uid, self.gid) if self.kind == "dropped" else (os.geteuid(), os.getegid())


SAME = Identity(kind="same")


def build_launch(
    command: list[str], *, identity: Identity = SAME, parent_death: int = signal.SIGTERM, folder: Path | None = None
) -> list[str]:
    """The command line that runs `command`, which gets the signal `parent_death` if the calling process dies.

    The signal is a Linux service. Elsewhere a killed parent leaves the child, and the next start finds and stops it.
    With another identity, the way to the program and into `folder` is checked first, and the answer names what is shut.
    """
    who = f"{identity.kind}:{identity.uid}:{identity.gid}"
    life = f"{int(parent_death)}:{os.getpid()}"
    return [sys.executable, "-I", "-S", __file__, who, life, str(folder or ""), *command]


def main(arguments: list[str]) -> None:
    """Take on the identity, tie the life to the parent's, and become the command."""
    who, life, folder, *command = arguments
    kind, uid, gid = who.split(":")
    try:
        if kind == "mapped":
            enter_user_namespace(uid=int(uid), gid=int(gid))
        elif kind == "dropped":
            drop_privileges(uid=int(uid), gid=int(gid))
        if kind != "same":
            check_reach(program=Path(command[0]), folder=Path(folder) if folder else None)
    except OSError as failure:
        print(failure.strerror or failure, file=sys.stderr)
        sys.exit(EXIT_UNREACHABLE)
    # After the change of user, because that change clears the setting.
    death_signal, parent = life.split(":")
    die_with_parent(death_signal=int(death_signal), parent=int(parent))
    os.execv(command[0], command)


def enter_user_namespace(*, uid: int, gid: int) -> None:
    """Make this process look like `uid` to itself while it stays the same user to everybody else."""
    outside_uid, outside_gid = os.geteuid(), os.getegid()
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "this system forbids user namespaces")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/gid_map").write_text(f"{gid} {outside_gid} 1")
    Path("/proc/self/uid_map").write_text(f"{uid} {outside_uid} 1")


def drop_privileges(*, uid: int, gid: int) -> None:
    """Give up root for good; fails for anybody but root."""
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def check_reach(*, program: Path, folder: Path | None) -> None:
    """Raise OSError naming the first path that keeps the present user from the program or its data."""
    user = _name_user(os.getuid())
    entered = [*reversed(program.parents)] + ([] if folder is None else [*reversed(folder.parents), folder])
    for place in entered:
        if not os.access(place, os.X_OK):
            raise OSError(f"user {user} may not enter {place}")
    if not os.access(program, os.X_OK):
        raise OSError(f"user {user} may not run {program}")


def _name_user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def die_with_parent(*, death_signal: int, parent: int) -> None:
    """Ask Linux to signal this process when its parent dies, also by kill -9; elsewhere do nothing."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:
        # The parent died before the line above.
        sys.exit(128 + death_signal)


if __name__ == "__main__":
    main(sys.argv[1:])
