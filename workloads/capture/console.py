# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU and its console: start it, read what the kernel prints, know when memblock's part is over.

QEMU ends with this program, however that ends (children.py).
"""
import os
import re
import selectors
import shutil
import subprocess
import time

import children
from failure import CHECK, ENVIRONMENT, Failure

# After these no memblock line comes: the initial sections, memblock's data with them, are freed, the
# first program is started, or there is none and no root file system either.
OVER = re.compile(rb"Freeing unused (kernel|decrypted)|Run /\S+ as init process|"
                  rb"VFS: Cannot open root device|Unable to mount root fs|No working init found")
FAILED = re.compile(rb"Kernel panic - not syncing")
# The hand-over itself prints one line, which may get lost; these come soon after it.
HANDED_OVER = re.compile(rb"Memory: \d+K/\d+K available|SLUB: HWalign|Mount-cache hash table")
# The reason why the boot before the one that is recorded did not come to its end (handover/handover_init.c).
CANNOT = re.compile(rb"handover: (cannot [^\n]*)")
MEMBLOCK = re.compile(rb"memblock[_ a-z]*: |MEMBLOCK configuration")
LINE_BYTES_MAX = 1 << 16
LOG_BYTES_MAX = 1 << 28
TAIL_LINES = 12


def printable(line):
    return "".join(c if " " <= c <= "~" else "?" for c in line.decode("latin-1"))


class Console:
    """A running QEMU. The log holds what was printed, without carriage returns: all of it or, where a
    pattern is given, what comes behind the first line that matches. Until then nothing is looked for."""

    def __init__(self, command, package, progress, timeout, begins=None):
        if not shutil.which(command[0]):
            raise Failure(ENVIRONMENT, f"capture: no {command[0]}; install it with: "
                          f"apt install {package}")
        self.command = command
        self.progress = progress
        self.begins = begins
        self.log = bytearray()
        self.scanned = 0            # bytes of log whose lines were looked at
        self.lines = self.memblock = 0
        self.over = self.failed = self.handed_over = False
        self.timeout = timeout
        self.start = time.monotonic()
        self.deadline = self.start + timeout
        self.shown = 0
        # The messages of QEMU itself are few and fit the pipe.
        self.process = children.start(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE)
        for stream in (self.process.stdout, self.process.stderr):
            os.set_blocking(stream.fileno(), False)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.progress.clear()
        self.selector.close()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def _scan(self):
        while (end := self.log.find(b"\n", self.scanned)) >= 0:
            line = self.log[self.scanned:min(end, self.scanned + LINE_BYTES_MAX)]
            self.scanned = end + 1
            self.lines += 1
            if self.begins:
                self._look_for_begin(line)
                continue
            self.memblock += bool(MEMBLOCK.search(line))
            self.handed_over = self.handed_over or bool(HANDED_OVER.search(line))
            self.over = self.over or bool(OVER.search(line))
            self.failed = self.failed or bool(FAILED.search(line))

    def _look_for_begin(self, line):
        self.failed = self.failed or bool(FAILED.search(line))
        if self.begins.search(line):
            self.begins = None
            self.failed = False
            del self.log[:self.scanned]
            self.scanned = self.lines = 0

    def read(self, wait_s):
        """Take what was printed within wait_s; false at the end of QEMU."""
        if self.selector.select(wait_s):
            data = os.read(self.process.stdout.fileno(), 1 << 16)
            if not data:
                return False
            if len(self.log) < LOG_BYTES_MAX:
                self.log += data.replace(b"\r", b"")
            self._scan()
        return True

    def report(self, more=""):
        """Progress, five times a second at most."""
        now = time.monotonic()
        if now - self.shown > 0.2:
            self.shown = now
            self.progress.show(f"capture: {now - self.start:.0f} s, {self.lines} lines, "
                               f"{self.memblock} of memblock{more}")

    def tail(self):
        lines = [line for line in bytes(self.log).split(b"\n") if line.strip()]
        return ["  | " + printable(line)[:160] for line in lines[-TAIL_LINES:]]

    def complain(self, what):
        """The failure: what, what QEMU said, and the tail of the console. Where nothing was printed
        QEMU's own words are the reason."""
        self.process.kill()
        self.process.wait()
        said = (self.process.stderr.read() or b"").decode(errors="replace").strip().splitlines()
        if said and not self.log.strip():
            return Failure(ENVIRONMENT, "capture: QEMU does not start: "
                           + printable(said[-1].encode())[:300])
        details = ["  qemu: " + printable(line.encode())[:300] for line in said[-3:]]
        return Failure(CHECK, f"capture: {what}", details + (self.tail() or
                                                            ["  | nothing was printed"]))

    def check_time(self):
        if time.monotonic() > self.deadline:
            raise self.complain(f"the boot was not over within {self.timeout} s "
                                "(--timeout=S); the end of its console:")

    def check_begun(self):
        """That the boot which is recorded has begun."""
        if self.begins:
            why = CANNOT.search(self.log)
            raise self.complain("the first kernel " + (printable(why[1]) if why else
                                "did not start the second") + "; the end of its console:")

    def check(self):
        """That the boot handed its memory over and showed how."""
        self.check_begun()
        if not self.handed_over:
            raise self.complain("the kernel stopped before it handed its memory over; the end of "
                                "its console:")
        if not self.memblock:
            raise self.complain("the kernel booted, but printed no memblock line; the end of its "
                                "console:")

    def run(self):
        """Until memblock's part is over."""
        while not self.over:
            going = self.read(0.2)
            self.report()
            if self.failed and not self.over and self.process.poll() is not None:
                break
            if not going:
                break
            self.check_time()
        self.check()

    def kernel_version(self):
        match = re.search(rb"Linux version ([^\n]*)", self.log)
        return printable(match[1]) if match else None
