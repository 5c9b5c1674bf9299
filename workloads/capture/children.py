# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs that end with this one, however that ends.

A signal is held back while one is started, so that there is no moment at which it runs and nobody knows
of it: what a handler raises comes when it is already on the list that stop_all() goes through.
"""
import ctypes
import os
import signal
import subprocess

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PR_SET_PDEATHSIG = 1

_started = []


def start(command, **options):
    """subprocess.Popen(), of a program that stop_all() ends, and the kernel should this one be killed."""
    parent = os.getpid()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)

    def in_child():
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it was killed before that
            os._exit(1)

    try:
        process = subprocess.Popen(command, preexec_fn=in_child, **options)
        _started.append(process)
        return process
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def stop_all():
    """Kill what still runs, and wait until it is gone."""
    for process in _started:
        process.kill()
        process.wait()
    _started.clear()


def exit_on_signals():
    """SIGINT, SIGTERM and SIGHUP raise SystemExit from now on, unless they are ignored (nohup): the first
    one that comes, for the way out is not to be interrupted."""
    def on_signal(number, _):
        for other in SIGNALS:
            signal.signal(other, signal.SIG_IGN)
        raise SystemExit(128 + number)

    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, on_signal)
