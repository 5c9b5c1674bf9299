# SPDX-License-Identifier: GPL-2.0-or-later
"""memblock-bench capture: boots a kernel in QEMU and records what it does with memblock.

    capture.py OPTION... -o FILE

bench/capture/cmd_capture.c starts this and describes the options; docs/capture.md is the page about it.
Result: the console log, or a trace if FILE ends in .trace or .trace.zst. Standard output stays empty
but for one line that says what was recorded; --json makes it an object.

console.py starts QEMU (through children.py) and reads its console; machines.py has the command line of each
architecture; exact.py and counting.py are the other two ways to watch a boot, call by call and instruction by
instruction; debian.py fetches kernels. catalogue.py makes the boots of workloads/captured/ again.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import children
import handover
import smallkernel
from console import Console
from counting import count_boot, counts_of, kernel_ranges, summary
from debian import Archive, version_key
from exact import record
from failure import CHECK, ENVIRONMENT, USAGE, Failure, Progress
from machines import MACHINES, Layout, command

RELEASE = "6.12"  # of Debian's kernels, where nothing else is asked for
TRACE_SUFFIXES = (".trace", ".trace.zst")


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Failure(USAGE, f"capture: {message}; see 'memblock-bench capture --help'")


def parse(arguments):
    parser = Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("--arch", default="x86_64", choices=list(MACHINES))
    for name in ("kernel", "package", "release", "flavour", "numa", "hotplug", "firmware", "append",
                 "cpu", "symbols", "kexec", "source"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--pages", default="4K")
    parser.add_argument("--memory", default="4G")
    parser.add_argument("--initrd", default="1M")
    for name in ("reserved", "holes", "timeout", "files", "runs"):
        parser.add_argument(f"--{name}", type=int, default=0)
    parser.add_argument("--exact", action="store_true")
    parser.add_argument("--counts", action="store_true")
    parser.add_argument("--log", default="")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--bench", default="memblock-bench")
    parser.add_argument("-o", dest="out", required=True)
    options = parser.parse_args(arguments)
    if options.kernel and options.package:
        raise Failure(USAGE, "capture: --kernel and --package: one of them")
    which = "--counts" if options.counts else "--exact" if options.exact else None
    if options.exact and options.counts:
        raise Failure(USAGE, "capture: --counts records the boot exactly as well; not with --exact")
    if which and options.arch not in ("x86_64", "arm64"):
        raise Failure(USAGE, f"capture: {which}: only x86_64 and arm64, not {options.arch}")
    if options.exact and not options.out.endswith(TRACE_SUFFIXES):
        raise Failure(USAGE, f"capture: --exact writes a trace; '{options.out}' does not end in "
                      ".trace or .trace.zst")
    if options.counts and not options.out.endswith(".json"):
        raise Failure(USAGE, f"capture: --counts writes JSON, and a trace beside it; '{options.out}' "
                      "does not end in .json")
    if which and options.kernel and not options.symbols:
        raise Failure(USAGE, f"capture: {which} with --kernel needs --symbols=System.map")
    if options.kernel and not os.access(options.kernel, os.R_OK):
        raise Failure(USAGE, f"capture: cannot read '{options.kernel}'")
    if options.symbols and not os.access(options.symbols, os.R_OK):
        raise Failure(USAGE, f"capture: cannot read '{options.symbols}'")
    for path in filter(None, (options.out, options.log)):
        if path.endswith("/") or not os.access(Path(path).resolve().parent, os.W_OK):
            raise Failure(USAGE, f"capture: cannot write '{path}'")
    Layout(options)
    check_handover(options, arguments)
    options.timeout = options.timeout or (1800 if which else 300)
    return options


def check_handover(options, arguments):
    if not options.kexec:
        alone = [word for word in arguments
                 if word.split("=")[0] in ("--source", "--pages", "--files", "--runs")]
        if alone:
            raise Failure(USAGE, f"capture: {alone[0].split('=')[0]}: only with --kexec=SIZE")
        return
    if options.arch not in smallkernel.TARGETS:
        raise Failure(USAGE, f"capture: --kexec: only x86_64 and arm64, not {options.arch}")
    if options.flavour or (options.package and not smallkernel.PACKAGE.fullmatch(options.package)):
        raise Failure(USAGE, "capture: --kexec builds a kernel; --flavour and --package choose one of "
                      "Debian's, whose kernels hand nothing over (--package=linux-source-X.Y a source)")
    if options.arch == "arm64" and options.firmware not in ("", "dt"):
        raise Failure(USAGE, "capture: --kexec: the kernel that is built for arm64 knows device trees only")
    handover.Shape(options)


def is_newer(options):
    """Is the kernel asked for newer than the usual one? Suites round about the system's may have it."""
    number = re.search(r"\d+[.]\d+", options.package or options.release)
    return bool(number) and version_key(number[0]) > version_key(RELEASE)


class Boot:
    """What is booted: image, table of symbols or None, where they come from, and what is recorded of it."""
    package = version = shape = begins = after = None

    def __init__(self, options, progress):
        self.options = options
        self.machine = MACHINES[options.arch]
        if options.kexec:
            self.shape = handover.Shape(options)
            self.begins, self.after = handover.BEGINS, handover.JUMP
        if options.kernel:
            self.image, self.symbols = Path(options.kernel), options.symbols or None
        elif options.kexec:
            source = smallkernel.source_of(options, progress)
            self.image, self.symbols, self.version = smallkernel.built(options.arch, source, progress)
            self.package = "linux-source-" + ".".join(self.version.split(".")[:2])
            wanted = options.package.partition("=")[2]
            if wanted and wanted != self.version:
                raise Failure(ENVIRONMENT, f"capture: {self.package} is there as {self.version}, not {wanted}")
        else:
            self.from_archive(Archive(self.machine.debian, progress, neighbours=is_newer(options)))

    def from_archive(self, archive):
        options = self.options
        self.image, self.package, self.version = archive.image(
            options.release or RELEASE, options.flavour or self.machine.flavours[0], options.package,
            self.machine.kernel)
        self.symbols = options.symbols or None
        if (options.exact or options.counts) and not self.symbols:
            self.symbols = archive.symbols(self.package, self.version)

    def command(self, folder):
        if self.shape:
            return handover.first_command(self.options, self.image, folder, self.shape)
        return command(self.options, self.image, folder)

    def shown(self, line, folder):
        """The command line as it is told: without folders of this machine."""
        return [word.replace(folder + "/", "").replace(str(self.image.parent) + "/", "") for word in line]

    def record(self, line, folder, progress):
        return record(line, self.machine, self.options, self.symbols, folder, progress, self.begins,
                      self.after)

    def read(self, line, progress):
        """The console of a boot."""
        with Console(line, self.machine.package, progress, self.options.timeout, self.begins) as console:
            console.run()
            return bytes(console.log)

    def said(self, line, folder, log, warnings):
        """What is to be said of a recording."""
        said = {"file": self.options.out, "package": self.package, "version": self.version,
                "command": self.shown(line, folder), "warnings": warnings, "lines": log.count(b"\n")}
        if self.shape:
            said["handover"] = handover.preserved(log, self.shape)
        return said


def write(path, data):
    """The whole file or none."""
    partial = Path(f"{path}.partial")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    except OSError as error:
        raise Failure(USAGE, f"capture: cannot write '{path}': {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)


def make_trace(options, source, out):
    """Turn a log or a plain trace into the trace that was asked for."""
    done = subprocess.run([options.bench, "import", str(source), "-o", str(out)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(done.returncode if done.returncode > 0 else CHECK,
                      "capture: the recording cannot be imported: "
                      + done.stderr.strip().removeprefix("memblock-bench: "))
    return [line for line in done.stderr.splitlines() if "warning:" in line]


def most_regions(options, plain, folder):
    """How many regions a recording has at most, memory and reserved, by a replay."""
    made = Path(folder) / "regions.trace"
    make_trace(options, plain, made)
    done = subprocess.run([options.bench, "replay", "--variants=array", "--metadata=host", "--rounds=1",
                           "--format=json", str(made)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(CHECK, "capture: the recording cannot be replayed: "
                      + done.stderr.strip().removeprefix("memblock-bench: "))
    found = json.loads(done.stdout.splitlines()[0])["variants"][0]["regions"]
    return {"memory": found["memory_peak"], "reserved": found["reserved_peak"]}


def capture_counts(options, arguments, progress):
    """Boot twice, once recording every call, once counting; write both. Of a handover, which has calls by
    the ten thousands, the first boot is no more than read from the console. What is to be said of it."""
    boot = Boot(options, progress)
    ranges = kernel_ranges(boot.symbols, boot.after)
    out = Path(options.out)
    trace_path = None if boot.shape else out.with_suffix(".trace.zst")
    with tempfile.TemporaryDirectory(prefix="memblock-capture.") as folder:
        line = boot.command(folder)
        plain = Path(folder) / f"{out.stem}.{'log' if boot.shape else 'exact'}"
        if boot.shape:
            log, warnings = boot.read(line, progress), []
            plain.write_bytes(log)
        else:
            recorded = boot.record(line, folder, progress)
            log, warnings = recorded.console, recorded.warnings
            plain.write_text(recorded.text(out.stem))
        said = boot.said(line, folder, log, warnings)
        line = boot.command(folder)  # firmware's variables as they were
        counted, kernel = count_boot(line, boot.machine.package, ranges, folder, progress,
                                     options.timeout, boot.begins)
        counts = counts_of(counted, kernel, ranges)
        counts |= {"arch": options.arch, "package": boot.package, "version": boot.version,
                   "options": repeatable(arguments, boot.package, boot.version),
                   "command": said["command"], "regions": most_regions(options, plain, folder)}
        if boot.shape:
            counts["handover"] = said["handover"]
        else:
            made = Path(folder) / trace_path.name
            make_trace(options, plain, made)
            counts["trace"] = trace_path.name
            write(trace_path, made.read_bytes())
        write(options.out, (json.dumps(counts, indent=1) + "\n").encode())
        if options.log:
            write(options.log, log)
    return said | {"counts": counts}


def repeatable(arguments, package, version):
    """Of the arguments of this program those that make the same machine again, with the package that
    was used."""
    left = [word for word in arguments if word.split("=")[0] not in
            ("--bench", "--log", "--json", "--counts", "--timeout", "--package", "--release",
             "--flavour", "--kernel", "--symbols", "--source") and not word.startswith("-o")]
    return left + ([f"--package={package}={version}"] if package else [])


def capture(options, progress):
    """Boot and record; what is to be said of it."""
    boot = Boot(options, progress)
    with tempfile.TemporaryDirectory(prefix="memblock-capture.") as folder:
        line = boot.command(folder)
        stem = Path(options.out).name.split(".trace")[0]
        if options.exact:
            trace = boot.record(line, folder, progress)
            log = trace.console
            plain = Path(folder) / f"{stem}.exact"
            plain.write_text(trace.text(stem))
        else:
            log = boot.read(line, progress)
            plain = Path(folder) / f"{stem}.log"
            plain.write_bytes(log)
        said = boot.said(line, folder, log, trace.warnings if options.exact else [])
        if options.log:
            write(options.log, log)
        if options.out.endswith(TRACE_SUFFIXES):
            warnings = make_trace(options, plain, options.out)
            said["warnings"] = said["warnings"] if options.exact else warnings
        else:
            write(options.out, log)
    return said


def main(arguments):
    children.exit_on_signals()
    progress = Progress()
    try:
        options = parse(arguments)
        if options.counts:
            said = capture_counts(options, arguments, progress)
        else:
            said = capture(options, progress)
    except Failure as failure:
        progress.clear()
        print(f"memblock-bench: {failure}", *failure.details, sep="\n", file=sys.stderr)
        return failure.status
    except OSError as error:  # of temporary files and of the cache; what is asked for is not among them
        progress.clear()
        print(f"memblock-bench: capture: {error.filename or 'temporary files'}: {error.strerror}; TMPDIR "
              "and XDG_CACHE_HOME may name another place", file=sys.stderr)
        return ENVIRONMENT
    finally:
        children.stop_all()
        progress.clear()
    if options.json:
        print(json.dumps(said))
        return 0
    for warning in said["warnings"]:
        print(f"memblock-bench: capture: {warning}", file=sys.stderr)
    kernel = f"{said['package']} {said['version']}" if said["package"] else options.kernel
    print(f"{said['file']}: {kernel}, {said['lines']} console lines")
    if "handover" in said:
        print(f"handed over: {handover.text(said['handover'])}")
    if options.counts:
        print(*summary(said["counts"]), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
