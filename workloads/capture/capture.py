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
import subprocess
import sys
import tempfile
from pathlib import Path

import children
from console import Console
from counting import count_boot, counts_of, kernel_ranges, summary
from debian import Archive
from exact import record
from failure import CHECK, ENVIRONMENT, USAGE, Failure, Progress
from machines import MACHINES, Layout, command

TRACE_SUFFIXES = (".trace", ".trace.zst")


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Failure(USAGE, f"capture: {message}; see 'memblock-bench capture --help'")


def parse(arguments):
    parser = Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("--arch", default="x86_64", choices=list(MACHINES))
    for name in ("kernel", "package", "flavour", "numa", "hotplug", "firmware", "append", "cpu",
                 "symbols"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--release", default="6.12")
    parser.add_argument("--memory", default="4G")
    parser.add_argument("--initrd", default="1M")
    for name in ("reserved", "holes", "timeout"):
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
    options.timeout = options.timeout or (1800 if which else 300)
    return options


def find_kernel(options, progress):
    """(image, symbols or None, package, version); package and version are None for an image given."""
    machine = MACHINES[options.arch]
    if options.kernel:
        return Path(options.kernel), options.symbols or None, None, None
    archive = Archive(machine.debian, progress)
    image, package, version = archive.image(options.release,
                                            options.flavour or machine.flavours[0],
                                            options.package, machine.kernel)
    symbols = options.symbols or None
    if (options.exact or options.counts) and not symbols:
        symbols = archive.symbols(package, version)
    return image, symbols, package, version


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


def capture_counts(options, arguments, progress):
    """Boot twice, once recording every call, once counting; write both. What is to be said of it."""
    machine = MACHINES[options.arch]
    image, symbols, package, version = find_kernel(options, progress)
    ranges = kernel_ranges(symbols)
    out = Path(options.out)
    trace_path = out.with_suffix(".trace.zst")
    with tempfile.TemporaryDirectory(prefix="memblock-capture.") as folder:
        line = command(options, image, folder)
        recorded = record(line, machine, options, symbols, folder, progress)
        line = command(options, image, folder)  # firmware's variables as they were
        counted, kernel = count_boot(line, machine.package, ranges, folder, progress,
                                     options.timeout)
        plain = Path(folder) / f"{out.stem}.exact"
        plain.write_text(recorded.text(out.stem))
        made = Path(folder) / trace_path.name
        make_trace(options, plain, made)
        shown = [word.replace(folder + "/", "").replace(str(image.parent) + "/", "")
                 for word in line]
        counts = counts_of(counted, kernel, ranges)
        counts |= {"arch": options.arch, "package": package, "version": version,
                   "options": repeatable(arguments, package, version), "command": shown, "trace": trace_path.name}
        write(trace_path, made.read_bytes())
        write(options.out, (json.dumps(counts, indent=1) + "\n").encode())
        if options.log:
            write(options.log, recorded.console)
    return {"file": options.out, "package": package, "version": version, "command": shown,
            "warnings": recorded.warnings, "lines": recorded.console.count(b"\n"),
            "counts": counts}


def repeatable(arguments, package, version):
    """Of the arguments of this program those that make the same machine again, with the package that
    was used."""
    left = [word for word in arguments if word.split("=")[0] not in
            ("--bench", "--log", "--json", "--counts", "--timeout", "--package", "--release",
             "--flavour", "--kernel", "--symbols") and not word.startswith("-o")]
    return left + ([f"--package={package}={version}"] if package else [])


def capture(options, progress):
    """Boot and record; what is to be said of it."""
    machine = MACHINES[options.arch]
    image, symbols, package, version = find_kernel(options, progress)
    warnings = []
    with tempfile.TemporaryDirectory(prefix="memblock-capture.") as folder:
        line = command(options, image, folder)
        stem = Path(options.out).name.split(".trace")[0]
        if options.exact:
            trace = record(line, machine, options, symbols, folder, progress)
            log = trace.console
            plain = Path(folder) / f"{stem}.exact"
            plain.write_text(trace.text(stem))
        else:
            with Console(line, machine.package, progress, options.timeout) as console:
                console.run()
                log = bytes(console.log)
            plain = Path(folder) / f"{stem}.log"
            plain.write_bytes(log)
        if options.log:
            write(options.log, log)
        if options.out.endswith(TRACE_SUFFIXES):
            said = make_trace(options, plain, options.out)
            warnings = trace.warnings if options.exact else said
        else:
            write(options.out, log)
        shown = [word.replace(folder + "/", "").replace(str(image.parent) + "/", "")
                 for word in line]
    return {"file": options.out, "package": package, "version": version, "command": shown,
            "warnings": warnings, "lines": log.count(b"\n")}


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
    if options.counts:
        print(*summary(said["counts"]), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
