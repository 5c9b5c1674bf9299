# SPDX-License-Identifier: GPL-2.0-or-later
"""Does our replay do what the kernel did? Its instructions against those counted in the kernel.

    predict.py [--functions] [--json] results/kernel-counts/*.json

For each machine that `memblock-bench capture --counts` recorded, the trace beside it is replayed once on
the variant linux with the flags of a kernel (plugin/countreplay.c), compiled for the machine's
architecture and run in QEMU's user mode under the very plugin that counted in the kernel. What is
compared is what both have: the operations. Prints a table in Markdown, which is the one of
docs/method.md; --functions another one for each machine, by function.

Needs the source tree, linux-source-6.12 and -6.1, cmake, qemu-user, and gcc-aarch64-linux-gnu with
libc6-dev-arm64-cross for arm64. Exit status: 0; 1 when a prediction is off by more than a tenth; 2 bad
input; 3 something is missing.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import cache
from counting import build, by_function, functions, operations_of, parse_result, plugin, ranges_text
from failure import CHECK, ENVIRONMENT, USAGE, Failure
from toolchain import CROSS, kernel_flags, need

ROOT = Path(__file__).resolve().parents[2]
TOLERANCE = 0.1
HAND_OVER = "memblock_free_all"


class Target:
    """How programs for an architecture are made and run."""

    def __init__(self, qemu, prefix, processor):
        self.qemu = qemu
        self.prefix = prefix  # of compiler and binutils
        self.processor = processor
        self.compiler = prefix + "gcc"

    def kflags(self):
        """As a kernel is compiled: without what aligns the code for fair times."""
        return "-O2 " + kernel_flags(self.compiler, self.processor)

    def need(self):
        need("predict", {self.qemu: "qemu-user", "cmake": "cmake", "gcc": "gcc"}, self.prefix)


TARGETS = {
    "x86_64": Target("qemu-x86_64", "x86_64-linux-gnu-", "x86_64"),
    "arm64": Target("qemu-aarch64", "aarch64-linux-gnu-", "aarch64"),
}

# Of libmemblock what a replay needs. The kernel's object has memory functions and a thunk of its own.
CORE = sorted(f"core/{path.stem}" for path in ROOT.glob("src/core/*.c")
              if path.stem not in ("kmem", "kthunk"))
SOURCES = ["workloads/capture/plugin/countreplay.c"] + [f"src/{name}.c" for name in (
    *CORE, "trace/trace", "trace/trace_1", "trace/trace_argument", "trace/trace_error",
    "trace/trace_header", "trace/trace_operations", "trace/trace_parse", "trace/trace_text",
    "trace/trace_words", "host/host", "replay/replay_operation")]

# The compiler puts small functions of the kernel's into the adapter's that call them: those count as
# the ones that they call. Four to twenty instructions of a call are the adapter's own.
ADAPTER = {"mbl_alloc_range": "memblock_alloc_range_nid", "mbl_trim": "memblock_trim_memory",
           "mbl_call_trim_memory": "memblock_trim_memory",
           "mbl_call_alloc": "memblock_alloc_try_nid",
           "mbl_call_alloc_raw": "memblock_alloc_try_nid_raw",
           "mbl_call_alloc_try_nid": "memblock_alloc_try_nid",
           "mbl_call_alloc_try_nid_raw": "memblock_alloc_try_nid_raw",
           "mbl_call_alloc_exact_nid_raw": "memblock_alloc_exact_nid_raw",
           "mbl_call_mark": "memblock_setclr_flag"}


def kernel_name(name):
    return ADAPTER.get(name) or re.sub("^mbl_call_", "memblock_", name)


def run(command, what, environment=None):
    """Output of a program that must succeed."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False, env={**os.environ, **(environment or {})})
    except FileNotFoundError as error:
        raise Failure(ENVIRONMENT, f"predict: no {command[0]} ({what})") from error
    if done.returncode:
        raise Failure(ENVIRONMENT if done.returncode == 3 else CHECK, f"predict: {what}: "
                      + (done.stderr.strip().splitlines() or ["failed"])[-1])
    return done.stdout


def configuration(machine):
    """The definitions of variants/linux/build.sh for the machine line of a trace (src/host/linux.c has the
    other half)."""
    def number(name, preset):
        return int(machine.get(name, preset))

    defines = ["-DCONFIG_MEMBLOCK_KHO_SCRATCH", "-DCONFIG_DEFERRED_STRUCT_PAGE_INIT",
               "-DCONFIG_PHYS_ADDR_T_64BIT", "-DCONFIG_NUMA",
               f"-DMBL_CACHE_LINE={number('cache_line', 64)}",
               f"-DMBL_PAGE_SHIFT={number('page_size', 4096).bit_length() - 1}",
               f"-DINIT_MEMBLOCK_MEMORY_REGIONS={number('memory_slots', 128)}",
               f"-DINIT_MEMBLOCK_RESERVED_REGIONS={number('reserved_slots', 128)}",
               f"-DCONFIG_NODES_SHIFT={number('max_numnodes', 1024).bit_length() - 1}"]
    return defines + ["-DCONFIG_ARCH_KEEP_MEMBLOCK"] * number("keep_memblock", 0)


def kernel_source(profile):
    version = "6.1" if profile == "6.1" else "6.12"
    found = sorted(Path("/usr/src").glob(f"linux-source-{version}.tar*"))
    if not found:
        raise Failure(ENVIRONMENT, f"predict: no kernel source; install it with: "
                      f"apt install linux-source-{version}")
    return found[0]


def replayer(target, head):
    """The program for traces with this head, built if it is not there."""
    fields = dict(line.split(": ", 1) for line in head if ": " in line)
    machine = dict(word.split("=") for word in fields.get("machine", "").split())
    compiler = target.compiler
    source = kernel_source(fields.get("profile"))
    for needed in [*SOURCES, CROSS]:
        if not (ROOT / needed).exists():
            raise Failure(ENVIRONMENT, f"predict: no {ROOT / needed}; this needs the source tree")
    for again in ("--", "--again"):
        made = run(["sh", str(ROOT / "variants/linux/build.sh"), again, str(source), str(ROOT / "include"),
                    str(ROOT / "src/core"), str(cache.folder("predict")), compiler, target.kflags(),
                    *configuration(machine)], "building mm/memblock.c", {"MBL_FORM": "relocatable"})
        kernel = cache.folder("predict") / made.splitlines()[-1]
        if cache.is_sealed(kernel):
            break
    else:
        raise Failure(ENVIRONMENT, f"predict: '{kernel}' does not stay whole; set XDG_CACHE_HOME")
    sources = [ROOT / name for name in SOURCES]
    headers = [*ROOT.glob("include/memblock/**/*.h"), *ROOT.glob("include/memblock/*.def"),
               *ROOT.glob("src/**/*.h"),
               ROOT / "variants/linux/object.h"]
    return build([*sources, *sorted(headers)], "countreplay",
                 [compiler, "-std=gnu17", "-O2", "-static", "-ffunction-sections",
                  "-Wl,--gc-sections", f"-I{ROOT}/include", f"-I{ROOT}/src",
                  *map(str, sources), str(kernel)])


def bench():
    return os.environ.get("MEMBLOCK_BENCH") or str(ROOT / "build" / "memblock-bench")


def count_replay(arch, trace):
    """What the plugin counts in a replay of the trace, and what the replayer said."""
    target = TARGETS[arch]
    target.need()
    with tempfile.TemporaryDirectory(prefix="memblock-predict.") as folder:
        # Unpacks it, and checks its digest.
        run([bench(), "import", str(trace), "-o", f"{folder}/plain.trace"], f"reading {trace}")
        text = Path(folder, "plain.trace").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("digest: ")]
    program = replayer(target, lines[:lines.index("")])
    table = [line.split() for line in run([target.prefix + "nm", "-n", str(program)],
                                          "reading symbols").splitlines()]
    code = [(int(row[0], 16), kernel_name(row[2])) for row in table
            if len(row) == 3 and row[1] in "tTwW"]
    until = next(address for address, name in code if name == "replay_over")
    with tempfile.TemporaryDirectory(prefix="memblock-predict.") as folder:
        ranges, out = Path(folder) / "ranges", Path(folder) / "counted"
        plain = Path(folder) / "trace"
        plain.write_text("\n".join(lines) + "\n")
        ranges.write_text(ranges_text(functions(code), 0, until))
        said = run([target.qemu, "-plugin", f"{plugin()},ranges={ranges},out={out}", str(program),
                    str(plain)], f"replaying {trace}")
        result = parse_result(out.read_text())
    words = [line.split() for line in said.splitlines()]
    return result, {row[0]: [int(word) for word in row if word.isdigit()] for row in words}


def load(path):
    try:
        counts = json.loads(Path(path).read_text())
        counts["instructions"]["until_slab"], counts["calls"], counts["trace"], counts["arch"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Failure(USAGE, f"predict: '{path}' is nothing that capture --counts wrote: "
                      f"{error}") from error
    return counts


def predict(path):
    """Kernel and replay of one machine."""
    counts = load(path)
    if counts["arch"] not in TARGETS:
        raise Failure(USAGE, f"predict: '{path}': cannot replay for {counts['arch']}")
    result, said = count_replay(counts["arch"], Path(path).parent / counts["trace"])
    results, captured = said["results"]
    if results != captured:
        raise Failure(CHECK, f"predict: {path}: {captured} of {results} allocations as captured: the "
                      "replay is that of another boot")
    kernel = by_function(counts, operations_of(counts["calls"]))
    replay = by_function(result)
    totals = sum(kernel.values()), sum(replay.values())
    rest = [total - sum(of["calls"].get(HAND_OVER, {}).get("instructions", {}).values())
            for total, of in zip(totals, (counts, result))]
    return {"name": Path(path).stem, "counts": counts, "kernel": kernel, "replay": replay,
            "kernel_total": totals[0], "replay_total": totals[1],
            "ratio": totals[1] / totals[0], "ratio_before_hand_over": rest[1] / rest[0],
            "operations": said["operations"][0],
            "results": results, "entered": result["entered"]}


def holds(row):
    """Within the tolerance, the boot as a whole and what comes before its hand-over, a long simple loop
    on large machines, which must not hide the rest."""
    return all(abs(row[ratio] - 1) <= TOLERANCE for ratio in ("ratio", "ratio_before_hand_over"))


def table(rows):
    """Markdown, for docs/method.md."""
    yield ("| machine | kernel | operations | counted in the kernel | predicted by the replay | ratio | "
           "the same before the hand-over |")
    yield "|---|---|---|---|---|---|---|"
    for row in rows:
        yield (f"| {row['name']} | {row['counts']['version']} | {row['operations']} | "
               f"{row['kernel_total']:,} | {row['replay_total']:,} | {row['ratio']:.3f} | "
               f"{row['ratio_before_hand_over']:.3f} |").replace(",", " ")


def function_table(row):
    yield f"| {row['name']} | kernel: calls | instructions | replay: calls | instructions | ratio |"
    yield "|---|---|---|---|---|---|"
    kernel, replay = row["kernel"], row["replay"]
    for name in sorted({*kernel, *replay}, key=lambda n: -max(kernel.get(n, 0), replay.get(n, 0))):
        a, b = kernel.get(name, 0), replay.get(name, 0)
        yield (f"| {name} | {row['counts']['entered'].get(name, '')} | {a} | "
               f"{row['entered'].get(name, '')} | {b} | {f'{b / a:.2f}' if a else ''} |")


def main(arguments):
    parser = argparse.ArgumentParser(prog="predict.py", description=__doc__.split("\n", 1)[0])
    parser.add_argument("counts", nargs="+", help="what capture --counts wrote; the trace is beside it")
    parser.add_argument("--functions", action="store_true", help="by function as well")
    parser.add_argument("--json", action="store_true", help="JSON instead of Markdown")
    options = parser.parse_args(arguments)
    try:
        rows = [predict(path) for path in options.counts]
    except Failure as failure:
        print(f"memblock-bench: {failure}", *failure.details, sep="\n", file=sys.stderr)
        return failure.status
    if options.json:
        print(json.dumps([{key: value for key, value in row.items() if key != "counts"}
                          for row in rows], indent=1))
    else:
        print(*table(rows), sep="\n")
        for row in rows if options.functions else []:
            print("", *function_table(row), sep="\n")
    return 0 if all(holds(row) for row in rows) else CHECK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
