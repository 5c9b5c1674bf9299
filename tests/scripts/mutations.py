# SPDX-License-Identifier: GPL-2.0-or-later
"""A log that went through consoles, terminals, mail programs and diffs is still the same boot.

Each log of the catalogue (and of ../shared/captures, where that is) is imported as it is and after each
mutation below. Operations, dumps and what could be explained must be the same; only the lines' numbers may
differ.

    mutations.py [LOG...]    these logs, all of their mutations
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SOURCE = Path(os.environ.get("MB_SOURCE_DIR", Path(__file__).resolve().parents[2]))
SHARED = Path(os.environ.get("MB_SHARED", SOURCE.parent / "shared"))
BENCH = os.environ.get("MEMBLOCK_BENCH", str(SOURCE / "build" / "memblock-bench"))
STAMP = re.compile(r"^\[ *\d+\.\d+\] ?")
SMALL = 120_000  # bytes of a log: larger ones get a few mutations only
WIDTH = 76       # of a mail


def plain(line):
    return STAMP.sub("", line)


def each(change):
    """A mutation that changes line by line: change(line, number)."""
    return lambda lines: [change(line, number) for number, line in enumerate(lines)]


def wrapped(line, first="", rest=""):
    """Cut at blanks, as mail programs do; what comes after the first part has no timestamp."""
    parts, line = [], line.replace("\t", " ")
    while len(line) > WIDTH and " " in line[20:WIDTH]:
        at = line.rindex(" ", 20, WIDTH)
        parts.append(line[:at])
        line = line[at + 1:]
    parts.append(line)
    return [first + parts[0]] + [rest + part for part in parts[1:]]


def wrap(first="", rest=""):
    return lambda lines: [part for line in lines for part in wrapped(line, first, rest)]


def between(extra, every):
    """Other lines after every so many."""
    return lambda lines: [out for number, line in enumerate(lines)
                          for out in ([line] + extra if number % every == every - 1 else [line])]


MIXED = [lambda l: l, plain, lambda l: "<6>" + l, lambda l: "> " + l, lambda l: "  " + plain(l),
         lambda l: "[    0.000000][    T0] " + plain(l)]

MUTATIONS = {
    "no timestamps": each(lambda l, _: plain(l)),
    "log levels": each(lambda l, _: "<6>" + l),
    "callers' threads": each(lambda l, _: "[    0.000000][    T0] " + plain(l)),
    "processors": each(lambda l, _: "[    0.000000@0] " + plain(l)),
    "times of day": each(lambda l, _: "[Tue Dec  5 22:32:38 2023] " + plain(l)),
    "a journal": each(lambda l, _: "Nov 22 10:00:00 host kernel: " + plain(l)),
    "a syslog with timestamps": each(lambda l, _: "Nov 22 10:00:00 host kernel: " + l),
    "quoted": each(lambda l, _: "> " + l),
    "quoted twice": each(lambda l, _: ">> " + plain(l)),
    "quoted in a quote": each(lambda l, _: "> > " + l),
    "a diff's new side": each(lambda l, _: "+" + l),
    "a diff's context": each(lambda l, _: " " + l),
    "indented": each(lambda l, _: "    " + plain(l)),
    "carriage returns": each(lambda l, _: l + "\r"),
    "trailing blanks": each(lambda l, _: l + "   "),
    "tabs as blanks": each(lambda l, _: l.replace("\t", "        ")),
    "blank lines between": lambda lines: [out for line in lines for out in (line, "")],
    "escape sequences": each(lambda l, n: ("\033[2J\033[01;01H" if n == 0 else "\033[0m") + l),
    "other lines between": between(["[    0.000000] Zone ranges:", "[    0.000000]   DMA32 empty",
                                    "random: crng init done"], 3),
    "a backtrace between": between(["[    0.000000] CPU: 0 PID: 0 Comm: swapper Not tainted",
                                    "[    0.000000] Call Trace:", "[    0.000000]  <TASK>",
                                    "[    0.000000]  dump_stack_lvl+0x5d/0x80",
                                    "[    0.000000]  </TASK>"], 40),
    "every prefix in turn": each(lambda l, n: MIXED[n % len(MIXED)](l)),
    "wrapped": wrap(),
    "wrapped and quoted": wrap("> ", "> "),
    "wrapped in a reply": wrap("> ", ""),
    "wrapped without timestamps": lambda lines: wrap()([plain(line) for line in lines]),
}
FEW = ("no timestamps", "wrapped and quoted", "every prefix in turn")


def boot(text, folder, name):
    """What an import makes of it: operations without their places, and the account of it."""
    log, out = Path(folder) / f"{name}.log", Path(folder) / f"{name}.trace"
    log.write_bytes(text)
    done = subprocess.run([BENCH, "import", str(log), "-o", str(out)], capture_output=True,
                          text=True, check=False)
    if done.returncode:
        return f"status {done.returncode}: {done.stderr.strip()}", ""
    header, _, body = out.read_text().partition("\n\n")
    account = re.search(r"^account: (.*)$", header, re.M)[1]
    log.unlink()
    out.unlink()
    return (re.sub(r"line \d+", "line", re.sub(r" @\d+", "", body)),
            re.sub(r"first=\d+", "first", account))


def first_difference(a, b):
    for number, (x, y) in enumerate(zip(a.splitlines(), b.splitlines()), 1):
        if x != y:
            return f"operation line {number}: '{x}' became '{y}'"
    return f"{len(a.splitlines())} lines became {len(b.splitlines())}"


def read(path):
    data = path.read_bytes()
    if path.suffix == ".zst":
        data = subprocess.run(["zstd", "-dcq"], input=data, capture_output=True, check=True).stdout
    return data.decode("latin-1").replace("\r", "").splitlines()


def check(path, names, folder):
    """The complaints about one log."""
    lines, complaints = read(path), []
    stem = path.name.split(".log")[0]
    want = boot("\n".join(lines).encode("latin-1"), folder, stem)
    for number, name in enumerate(names):
        text = "\n".join(MUTATIONS[name](lines)).encode("latin-1")
        got = boot(text, folder, f"{stem}-{number}")
        if got[0] != want[0]:
            complaints.append(f"{path.name}: {name}: {first_difference(want[0], got[0])}")
        elif got[1] != want[1]:
            complaints.append(f"{path.name}: {name}: '{want[1]}' became '{got[1]}'")
    return complaints


def main(arguments):
    logs = [Path(a) for a in arguments]
    if not shutil.which("zstd"):
        print("SKIPPED: no zstd; install it with: apt install zstd", file=sys.stderr)
        return 1 if os.environ.get("CI") else 77
    if not logs:
        logs = sorted((SOURCE / "workloads" / "captured").glob("*.log.zst"))
        captures = sorted((SHARED / "captures").glob("*.log"))
        if not captures:
            print(f"SKIPPED: logs of {SHARED}/captures: not there", file=sys.stderr)
        logs += captures
    jobs, checked = [], 0
    with tempfile.TemporaryDirectory() as folder, \
            ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for log in logs:
            names = MUTATIONS if arguments or log.stat().st_size < SMALL else FEW
            if log.stat().st_size > 1_000_000 and not arguments:
                continue
            checked += len(names)
            jobs.append(pool.submit(check, log, names, folder))
        complaints = [line for job in jobs for line in job.result()]
    for line in complaints:
        print(f"FAILED: {line}")
    print(f"{len(jobs)} logs, {checked} mutations, {len(complaints)} differ")
    return 1 if complaints or not checked else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
