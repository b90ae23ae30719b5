"""Runs a command without a network: `python tests/offline.py COMMAND...`.

The kernel refuses each connection, and ends the process with SIGSYS when it opens a UDP socket, as every look-up of a
name does, also one of native code. Linux alone can do this (seccomp), for any user.
"""

import ctypes
import errno
import os
import platform
import socket
import struct
import sys

SOCKET, CONNECT = {"x86_64": (41, 42), "aarch64": (198, 203)}[platform.machine()]
"""Numbers of system calls."""

LOAD, AND, JUMP_IF_EQUAL, RETURN = 0x20, 0x54, 0x15, 0x06
ALLOW, END, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000 | errno.ENETUNREACH
NUMBER, FAMILY, KIND = 0, 16, 24
"""Where the kernel's description of a call has its number and its first two arguments."""

NO_NEW_PRIVILEGES, SET_FILTER, BY_PROGRAM = 38, 22, 2

# (operation, argument, instructions to pass over if equal, if not)
PROGRAM = (
    (LOAD, NUMBER, 0, 0),
    (JUMP_IF_EQUAL, CONNECT, 7, 0),
    (JUMP_IF_EQUAL, SOCKET, 0, 7),
    (LOAD, FAMILY, 0, 0),
    (JUMP_IF_EQUAL, socket.AF_INET, 1, 0),
    (JUMP_IF_EQUAL, socket.AF_INET6, 0, 4),
    (LOAD, KIND, 0, 0),
    (AND, 0xF, 0, 0),
    (JUMP_IF_EQUAL, socket.SOCK_DGRAM, 2, 1),
    (RETURN, REFUSE, 0, 0),
    (RETURN, ALLOW, 0, 0),
    (RETURN, END, 0, 0),
)


def refuse_network() -> None:
    """Does so for this process, and for what it becomes or starts, for good."""
    code = b"".join(struct.pack("=HBBI", what, yes, no, value) for what, value, yes, no in PROGRAM)
    instructions = ctypes.create_string_buffer(code, len(code))
    described = ctypes.create_string_buffer(struct.pack("@HP", len(PROGRAM), ctypes.addressof(instructions)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.prctl(SET_FILTER, BY_PROGRAM, described, 0, 0):
        raise OSError(ctypes.get_errno(), "the kernel takes no filter")


if __name__ == "__main__":
    refuse_network()
    os.execvp(sys.argv[1], sys.argv[1:])
