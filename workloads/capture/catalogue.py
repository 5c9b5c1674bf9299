# SPDX-License-Identifier: GPL-2.0-or-later
"""The catalogue of captured boots: makes its traces again, and the page about them.

    catalogue.py --bench=PROGRAM [--missing] [--out=DIR] [NAME...]     boots (default: all), then the page
    catalogue.py --bench=PROGRAM --page               only the page, MANIFEST.md

workloads/captured/catalogue.json says what there is: a name, the options of `memblock-bench capture`,
and what the boot shows. Beside the trace of an exact boot lies the console log of the same boot
(NAME.log.zst): what the importer makes of it is compared with the trace, on the page. recorded.json says how
each trace came about: package and version of the kernel, command line of QEMU, digest. A boot is made with the
package that was recorded, or, if the archive no longer has it, with the newest one of that kernel, which is then
recorded instead. It goes in only if a replay of it, and one of its log, lands where the captured kernel did, with
metadata on the host and by itself.
"""
import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import children
import compare
from capture import write
from failure import ENVIRONMENT, Failure

HERE = Path(__file__).resolve().parent
BYTES_MAX = 8 << 20
SUFFIX = ".trace.zst"
LOG_SUFFIX = ".log.zst"
CHECKS = (("host", "all"), ("self", "array"))  # metadata, variants besides the kernel's own

PAGE_HEAD = """# Captured boots

Boots of Debian kernels, and of a small one that is built from Debian's source where memory is handed over, under QEMU (software emulation), recorded by `memblock-bench capture` (docs/capture.md). The format is that of `docs/traces.md`; `zstdcat FILE` shows one. This page is made by `workloads/capture/catalogue.py` out of
`catalogue.json`, `recorded.json` and the traces.

Every allocation in them lands on the captured address and every dump is met, on every variant with `--metadata=host` and on `array` with `--metadata=self`; nothing goes in here before it does:

    memblock-bench replay FILE --variants=all --metadata=host --check

They are guests: the firmware maps of physical servers are longer and more fragmented. Read results on these boots with that in mind.

A boot earns its place by showing what none of the others does. *Exact* ones were recorded call by call from the running kernel, with its state read from memory before and after each; in the others what the console log does not show was worked out.

| trace | operations | allocations | dumps | growths | most regions: memory, reserved | exact | shows |
|---|---|---|---|---|---|---|---|
"""

PAGE_LOGS = """
## How well logs tell

The console log of an exact boot, imported, beside the exact trace of the same boot: how many calls come out of the log with the same arguments and results at the same place, and each that does not. `-` only the exact trace has it, `+` only the log's, `~` both, at different
places. The state at each dump and the place of each allocation agree in all of them.

| boot | calls | why |
|---|---|---|
"""

PAGE_MIDDLE = """
## How each was made

`make workloads` makes all of them again, `make workloads NAME=...` one: with the package that is named here or, when that is gone, with the newest one of that kernel. `digest` is the SHA-256 of the operations, which the header of the
trace repeats and every reader verifies.
"""


def say(text):
    print(text, flush=True)


class Catalogue:
    def __init__(self, folder, out, bench):
        self.folder = folder
        self.out = out
        self.bench = bench
        self.entries = json.loads((folder / "catalogue.json").read_text())
        recorded = out / "recorded.json"
        self.recorded = json.loads(recorded.read_text()) if recorded.exists() else {}

    def trace(self, name):
        return self.out / (name + SUFFIX)

    def logs(self):
        """(name, log, exact trace) of the boots that have both."""
        names = (entry["name"] for entry in self.entries)
        return [(name, log, self.trace(name)) for name in names
                if (log := self.out / (name + LOG_SUFFIX)).exists() and self.trace(name).exists()]

    # ---- making one --------------------------------------------------------------------------

    def capture(self, options, path, package):
        """Temporary files go to the folder of path, which is removed whatever happens."""
        arguments = [self.bench, "capture", *options, "--json", "-o", str(path)]
        if package:
            arguments.append(f"--package={package}")
        if "--exact" in options:
            arguments.append(f"--log={log_of(path)}")
        done = subprocess.run(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                              check=False, env={**os.environ, "TMPDIR": str(path.parent)})
        return done.returncode, json.loads(done.stdout) if done.returncode == 0 else None

    def check(self, path):
        """What the replays object to; empty if nothing."""
        for metadata, variants in CHECKS:
            options = [f"--metadata={metadata}", f"--variants={variants},linux"]
            done = self.replay_check(path, options)
            if done.returncode == 3:  # no kernel source here
                options = [f"--metadata={metadata}", f"--variants={variants}"]
                done = self.replay_check(path, options)
            if done.returncode:
                lines = (done.stderr + done.stdout).strip().splitlines()
                return " ".join(options) + ":\n    " + "\n    ".join(lines[-12:])
        return ""

    def replay_check(self, path, options):
        return subprocess.run([self.bench, "replay", str(path), "--check", "--rounds=1", *options],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    def make(self, entry, keep):
        """Capture entry and check it. True if it went in."""
        name, options = entry["name"], entry["options"]
        old = self.recorded.get(name, {})
        package = f"{old['package']}={old['version']}" if old.get("package") else None
        start = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="memblock-catalogue.") as folder:
            path = Path(folder) / (name + SUFFIX)
            status, said = self.capture(options, path, package)
            if status == 3 and package:
                say(f"{name}: {package} is gone; taking the newest of that kernel")
                status, said = self.capture(options, path, None)
            if status:
                say(f"{name}: not captured (status {status})")
                return False
            log = log_of(path)
            wrong = self.check(path) or (f"the log: {said_of_log}" if log.exists() and
                                         (said_of_log := self.check(log)) else "")
            if wrong:
                say(f"{name}: does not replay as captured: {wrong}")
                for warning in said["warnings"][:6]:
                    say("    " + warning)
                if keep:
                    for file in filter(Path.exists, (path, log)):
                        (Path(keep) / file.name).write_bytes(file.read_bytes())
                return False
            news = self.news(path, self.trace(name))
            self.out.mkdir(parents=True, exist_ok=True)
            if log.exists():
                write(self.out / (name + LOG_SUFFIX), compressed(log))
            write(self.trace(name), path.read_bytes())
        self.recorded[name] = {"package": said["package"], "version": said["version"],
                               "qemu": self.qemu_version(said["command"][0]),
                               "command": said["command"],
                               "digest": self.show(name)["digest"]}
        self.save()
        say(f"{name}: {said['package']} {said['version']}, {self.trace(name).stat().st_size} bytes, "
            f"{time.monotonic() - start:.0f} s; {news}")
        return True

    def news(self, path, old):
        """What is different from the trace that was there."""
        if not old.exists():
            return "a new one"
        before, now = (compare.operations_of(trace, self.bench) for trace in (old, path))
        found = compare.compare(now, before)
        return (f"{len(found)} lines differ from the trace that was there" if found
                else "the operations are those of the trace that was there")

    @staticmethod
    def qemu_version(program):
        done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
        match = re.search(r"version ([0-9.]+)", done.stdout)
        return match[1] if match else ""

    def save(self):
        order = [entry["name"] for entry in self.entries]
        rows = [json.dumps(name) + ": " + json.dumps(self.recorded[name])
                for name in order if name in self.recorded]
        write(self.out / "recorded.json", ("{\n" + ",\n".join(rows) + "\n}\n").encode())

    # ---- the page ----------------------------------------------------------------------------

    def show(self, name):
        done = subprocess.run([self.bench, "show", "--format=json", str(self.trace(name))],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def replay(self, name):
        done = subprocess.run([self.bench, "replay", "--format=json", "--variants=array",
                               "--metadata=host", "--rounds=1", str(self.trace(name))],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
        return json.loads(done.stdout.splitlines()[0])

    def page(self):
        rows, sections = [], []
        for entry in self.entries:
            name = entry["name"]
            if not self.trace(name).exists() or name not in self.recorded:
                continue
            figures = figures_of(self.replay(name))
            exact = "yes" if "--exact" in entry["options"] else ""
            rows.append(f"| {name} | {figures} | {exact} | {entry['shows']} |\n")
            sections.append(section(name, entry["options"], self.recorded[name]))
        text = (PAGE_HEAD + "".join(rows) + PAGE_LOGS + compare.table(self.logs(), self.bench)
                + PAGE_MIDDLE + "".join(sections))
        write(self.out / "MANIFEST.md", text.encode())
        total = sum(path.stat().st_size for path in self.out.glob("*.zst"))
        say(f"{len(rows)} boots, {total} bytes")
        return total <= BYTES_MAX


def log_of(path):
    """Where the log of an exact boot is put, beside the trace."""
    return path.parent / path.name.replace(SUFFIX, ".log")


def compressed(path):
    try:
        return subprocess.run(["zstd", "-19", "-q", "-c", str(path)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, check=True).stdout
    except FileNotFoundError as error:
        raise Failure(ENVIRONMENT, "catalogue.py: no zstd; install it with: apt install zstd") from error


def section(name, options, record):
    """How one trace came about. Long lists of nodes and of holes are left to the options."""
    line = " ".join(shlex.quote(word) for word in record["command"])
    line = re.sub(r"(-object \S+ -numa \S+ )((?:-object \S+ -numa \S+ )+)"
                  r"(-object \S+ -numa \S+)", r"\1... \3", line)
    line = re.sub(r"(memmap=[^,' ]+,)[^' ]+(,[^,' ]+)", r"\1...\2", line)
    command = " ".join(shlex.quote(option) for option in options)
    # The first ones are older than the command; QEMU was started by hand.
    captured = "" if record.get("by_hand") else f"memblock-bench capture {command} -o {name}{SUFFIX}\n"
    return (f"\n### {name}\n\nkernel `{record['package']}={record['version']}`, QEMU "
            f"{record['qemu']}, digest `{record['digest']}`\n\n```\n{captured}{line}\n```\n")


def figures_of(replayed):
    """The numbers of one row: of a replay on array."""
    found, array = replayed["input"], replayed["variants"][0]
    regions = array["regions"]
    cells = (found["operations"], found["allocs"], found["dumps"], array["growth_events"]["total"],
             f"{regions['memory_peak']}, {regions['reserved_peak']}")
    return " | ".join(str(cell) for cell in cells)


def main(arguments):
    parser = argparse.ArgumentParser(description="the catalogue of captured boots")
    parser.add_argument("--bench", required=True)
    parser.add_argument("--folder", type=Path, default=HERE.parent / "captured")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--page", action="store_true")
    parser.add_argument("--missing", action="store_true", help="only boots without a trace")
    parser.add_argument("--keep", help="where traces go that do not replay as captured")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args(arguments)
    catalogue = Catalogue(options.folder, options.out or options.folder,
                          os.path.abspath(options.bench))
    known = {entry["name"]: entry for entry in catalogue.entries}
    for name in options.names:
        if name not in known:
            print(f"catalogue.py: no boot '{name}'; catalogue.json has: {' '.join(known)}",
                  file=sys.stderr)
            return 2
    children.exit_on_signals()
    fine = True
    try:
        if not options.page:
            for name in options.names or known:
                if not (options.missing and catalogue.trace(name).exists()):
                    fine = catalogue.make(known[name], options.keep) and fine
        fine = catalogue.page() and fine
    except Failure as failure:
        print(failure, file=sys.stderr)
        return failure.status
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
