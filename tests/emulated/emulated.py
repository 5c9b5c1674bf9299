#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The counter layer, for real, in an emulated aarch64 machine that has a PMU.

    emulated.py [--build=DIR] [--counters=DIR] [BOOT...]

Compiles bench/counters (or the copy of it in DIR) with libpfm4 and the scenarios here to a static
/init, boots Debian's arm64 kernel with it in QEMU, and reads the verdicts. BOOT: only these of the table
below. One of them is done twice, and must say the same, byte for byte. docs/counters.md tells more.

The kernel and libpfm4 for arm64 are downloaded once, below the user's cache; nothing is installed.

The last line is "N passed, N failed". Exit status: 0 all passed; 1 not; 2 usage; 77 skipped, for
something is missing (with CI set that is 1, too).
"""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "workloads" / "capture"))

from debian import Archive  # noqa: E402  (the path comes first)
from failure import ENVIRONMENT, Failure, Progress  # noqa: E402
from toolchain import need  # noqa: E402

KERNEL = "6.1"
CROSS = "aarch64-linux-gnu-"
CC = CROSS + "gcc"
QEMU = "qemu-system-aarch64"
TOOLS = {QEMU: "qemu-system-arm", "cpio": "cpio"}

# Everything that differs between two runs is fixed: the clock is the number of instructions (two ticks
# each), and nothing random comes from outside.
MACHINE = ("-M virt,dtb-randomness=off -smp 1 -m 256 -rtc base=2024-01-01,clock=vm -seed 1 -nodefaults "
           "-display none -monitor none -serial stdio -no-reboot").split()
ICOUNT = "-icount shift=1,sleep=off".split()
CONSOLE = "console=ttyAMA0 quiet panic=-1 random.trust_cpu=on"
TIMEOUT_S = 180

# name: processor, clock, arguments of /init
BOOTS = {
    "root": ("neoverse-n1", ICOUNT, "paranoid=2 exact copies user software split times unverified"),
    "turns": ("neoverse-n1", ICOUNT, "paranoid=2 turns missed"),
    "user": ("neoverse-n1", ICOUNT, "paranoid=2 uid=1000 exact user kernel-only"),
    "denied": ("neoverse-n1", ICOUNT, "paranoid=3 uid=1000 denied"),
    "no-pmu": ("neoverse-n1,pmu=off", ICOUNT, "paranoid=2 no-pmu"),
    "no-instructions": ("neoverse-n1", [], "paranoid=2 no-instructions"),
}
TWICE = "turns"


def run(what, command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise Failure(1, f"test-counters: {what}: {' '.join(map(str, command))}: status "
                      f"{done.returncode}", done.stderr.splitlines()[-20:])
    return done


def build(folder, counters, libpfm):
    """The initramfs with the counter layer and the scenarios."""
    layer = [source for source in sorted(counters.glob("*.c"))
             if '#include "counters/perf_impl.h"' in source.read_text(encoding="utf-8")]
    layer.append(ROOT / "bench" / "measure" / "statistics.c")  # the only thing that it uses
    root = folder / "root"
    root.mkdir(parents=True, exist_ok=True)
    run("compiling", [CC, "-std=gnu17", "-O2", "-g", "-Wall", "-Wextra", "-static", f"-I{counters.parent}",
                      f"-I{ROOT / 'bench'}", "-isystem", libpfm / "usr/include",
                      *sorted(HERE.glob("*.c")), *layer,
                      libpfm / "usr/lib/aarch64-linux-gnu/libpfm.a", "-lm", "-o", root / "init"])
    for name in ("proc", "sys"):
        (root / name).mkdir(exist_ok=True)
    image = folder / "initramfs.cpio"
    run("packing", ["cpio", "--quiet", "--create", "--format=newc", f"--file={image.resolve()}"],
        input="init\nproc\nsys\n", cwd=root)
    return image


def boot(name, kernel, initramfs):
    """What the machine says until it is off; None if it does not come to that."""
    processor, clock, arguments = BOOTS[name]
    command = [QEMU, *MACHINE, "-cpu", processor, *clock, "-kernel", str(kernel), "-initrd",
               str(initramfs), "-append", f"{CONSOLE} -- {arguments}"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as late:
        return (late.stdout or b"") + f"not ok {name}: not off after {TIMEOUT_S} s\n".encode()
    status = f"not ok {name}: QEMU: status {done.returncode}\n" if done.returncode else ""
    return done.stdout + status.encode()


def guest_seconds(log):
    """By its own clock, when the machine was switched off."""
    off = re.search(rb"\[ *([0-9.]+)\] reboot: Power down", log)
    return float(off[1]) if off else 0


def judge(name, log):
    """(passed, failed) of what a boot said; tells it."""
    lines = log.decode(errors="replace").replace("\r", "").splitlines()
    asked = [word for word in BOOTS[name][2].split() if "=" not in word]
    ended = [line[4:] for line in lines if line.startswith("end ")]
    failures = [f"not ok {scenario}: did not come to its end" for scenario in asked
                if scenario not in ended]
    passed = sum(line.startswith("ok ") for line in lines)
    failed = sum(line.startswith("not ok ") for line in lines) + len(failures)
    print(f"== {name}: {BOOTS[name][2]}")
    print("\n".join(lines + failures))
    return passed, failed


def main():
    parser = argparse.ArgumentParser(usage="emulated.py [--build=DIR] [--counters=DIR] [BOOT...]")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "emulated")
    parser.add_argument("--counters", type=Path, default=ROOT / "bench" / "counters")
    parser.add_argument("boots", nargs="*", metavar="BOOT")
    options = parser.parse_args()
    names = options.boots or list(BOOTS)
    for name in names:
        if name not in BOOTS:
            parser.error(f"no boot '{name}'; there are: {', '.join(BOOTS)}")

    need("test-counters", TOOLS, CROSS)
    archive = Archive("arm64", Progress(), "test-counters", "")
    kernel, package, version = archive.image(KERNEL, "cloud-arm64", None, "vmlinuz")
    initramfs = build(options.build, options.counters, archive.unpacked("libpfm4-dev"))
    print(f"{package} {version}")

    passed = failed = seconds = 0
    jobs = int(os.environ.get("JOBS") or len(os.sched_getaffinity(0)))
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        logs = {name: pool.submit(boot, name, kernel, initramfs) for name in names}
        again = pool.submit(boot, TWICE, kernel, initramfs) if TWICE in names else None
        for name in names:
            counts = judge(name, logs[name].result())
            passed += counts[0]
            failed += counts[1]
            seconds += guest_seconds(logs[name].result())
    print(f"== {len(names)} boots, {seconds:.1f} s by their own clocks")
    if again:
        same = again.result() == logs[TWICE].result()
        print(f"{'ok' if same else 'not ok'} again: a second boot '{TWICE}' "
              f"{'says the same' if same else 'says something else'}")
        (options.build / "again.log").write_bytes(again.result())
        passed, failed = passed + same, failed + (not same)
    print(f"\n{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        print(failure, *failure.details, sep="\n    ", file=sys.stderr)
        if failure.status == ENVIRONMENT and not os.environ.get("CI"):
            print("test-counters: SKIPPED", file=sys.stderr)
            sys.exit(77)
        sys.exit(1)
