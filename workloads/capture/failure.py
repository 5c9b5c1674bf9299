# SPDX-License-Identifier: GPL-2.0-or-later
"""How a capture ends when it does not work out: one line on standard error and an exit status.

The statuses are those of memblock-bench: 1 the kernel did not boot, 2 bad usage or input, 3 the
machine lacks something (and the line says how to get it).
"""
import os
import sys

CHECK, USAGE, ENVIRONMENT = 1, 2, 3


class Failure(Exception):
    """Ends the program with status and text; details, if any, are shown below the line."""

    def __init__(self, status, text, details=()):
        super().__init__(text)
        self.status = status
        self.details = list(details)


class Progress:
    """One line on standard error that is rewritten; silent where that is not a terminal."""

    def __init__(self, stream=None):
        self.stream = stream or sys.stderr
        self.shown = self.stream.isatty()
        self.length = 0

    def show(self, text):
        if not self.shown:
            return
        try:
            columns = os.get_terminal_size(self.stream.fileno()).columns
        except OSError:
            columns = 80
        text = text[:columns - 1]
        self.stream.write("\r" + text + " " * max(0, self.length - len(text)))
        self.stream.flush()
        self.length = len(text)

    def clear(self):
        if self.shown and self.length:
            self.stream.write("\r" + " " * self.length + "\r")
            self.stream.flush()
        self.length = 0
