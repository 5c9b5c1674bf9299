# SPDX-License-Identifier: GPL-2.0-or-later
"""What makes the replays believable: each boot of results/kernel-counts, replayed on the kernel's own file,
takes as many instructions in memblock as the kernel did, within a tenth, and the table of docs/method.md
says so. The counter itself is tried on a program whose instructions can be counted by hand, and one of the
kernels is booted again where its image can be had: its counts are those of the results, to the instruction.

Where a compiler, its C library, QEMU or the kernel's source is missing, the machines that need it are left
out; what is missing is said and the status is 77, skipped, but in CI.
"""
import contextlib
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(os.environ.get("MB_SOURCE_DIR", Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(SOURCE / "workloads" / "capture"))

import capture  # noqa: E402  (the path comes first)
import counting  # noqa: E402
import predict  # noqa: E402
from failure import CHECK, ENVIRONMENT, Failure, Progress  # noqa: E402

RESULTS = sorted((SOURCE / "results" / "kernel-counts").glob("*.json"))
QUIET = Progress(io.StringIO())

# memblock_a: 1 + 3 * 2 + 2 instructions; memblock_b twice: 3 each, one of which repeats; memmove, called
# from inside once, 2, and once from outside, which does not count.
PROGRAM = """
	.globl _start
_start:	call memblock_a
	call memmove
	call memblock_b
	call over
	mov $60, %eax
	xor %edi, %edi
	syscall
	.globl memblock_a
memblock_a:
	mov $3, %ecx
1:	dec %ecx
	jnz 1b
	call memblock_b
	ret
	.globl memblock_b
memblock_b:
	push %rcx
	mov $5, %ecx
	lea area(%rip), %rdi
	rep stosb
	call memmove
	pop %rcx
	ret
	.globl memmove
memmove: nop
	ret
	.globl over
over:	ret
	.globl after
after:	nop
	.bss
area:	.skip 16
"""


class Counter(unittest.TestCase):
    """countinsn.c on instructions that were counted by hand."""

    @unittest.skipUnless(shutil.which("qemu-x86_64"), "no qemu-x86_64; apt install qemu-user")
    @unittest.skipUnless(platform.machine() == "x86_64", "the program is one for x86_64")
    def test_by_hand(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "by_hand.s").write_text(PROGRAM)
            program = folder / "by_hand"
            subprocess.run(["gcc", "-nostdlib", "-static", "-o", program, folder / "by_hand.s"],
                           check=True)
            rows = [line.split() for line in subprocess.run(
                ["nm", "-n", program], check=True, capture_output=True, text=True)
                .stdout.splitlines()]
            code = [(int(row[0], 16), row[2]) for row in rows if row[1] in "tT"]
            ranges, out = folder / "ranges", folder / "counted"
            ranges.write_text(counting.ranges_text(counting.functions(code), 0, dict(
                (symbol, address) for address, symbol in code)["over"]))
            subprocess.run(["qemu-x86_64", "-plugin",
                            f"{counting.plugin()},ranges={ranges},out={out}", program], check=True)
            result = counting.parse_result(out.read_text())
        self.assertEqual(result["calls"], {
            "memblock_a": {"calls": 1, "instructions": {"memblock_a": 9, "memblock_b": 7,
                                                        "memmove": 2}},
            "memblock_b": {"calls": 1, "instructions": {"memblock_b": 7, "memmove": 2}}})
        self.assertEqual(result["entered"], {"memblock_a": 1, "memblock_b": 2})
        self.assertEqual(result["resumed"], 0)
        self.assertEqual(result["total"], 4 + 2 + 9 + 2 * (7 + 2) + 1)


class Prediction(unittest.TestCase):
    """The replay's count against the kernel's."""

    lacking = {}  # what was missing, and how many machines were left out for that

    @classmethod
    def setUpClass(cls):
        cls.rows = []
        for path in RESULTS:
            try:
                cls.rows.append(predict.predict(path))
            except Failure as failure:
                if failure.status != ENVIRONMENT or os.environ.get("CI") == "1":
                    raise
                cls.lacking[str(failure)] = cls.lacking.get(str(failure), 0) + 1
        if not cls.rows:
            raise unittest.SkipTest("no machine can be predicted")

    def test_machines(self):
        names = [row["name"] for row in self.rows]
        if not self.lacking:
            self.assertGreaterEqual(len(names), 4)
            self.assertTrue({"x86_64", "arm64"} <= {name.split("-")[0] for name in names})

    def test_within_a_tenth(self):
        for row in self.rows:
            with self.subTest(row["name"]):
                self.assertLess(abs(row["ratio"] - 1), predict.TOLERANCE)
                self.assertLess(abs(row["ratio_before_hand_over"] - 1), predict.TOLERANCE)

    def test_another_kernel_is_noticed(self):
        """As many instructions in the kernel again as there were: the prediction does not hold."""
        counts = json.loads(RESULTS[-1].read_text())
        calls = counts["calls"]["memblock_alloc_try_nid"]["instructions"]
        calls["memblock_add_range"] += sum(counting.by_function(counts).values())
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "changed.json"
            counts["trace"] = str(RESULTS[-1].parent / counts["trace"])
            path.write_text(json.dumps(counts))
            with contextlib.redirect_stdout(io.StringIO()):
                self.assertEqual(predict.main([str(path)]), CHECK)

    def test_documented(self):
        text = (SOURCE / "docs" / "method.md").read_text()
        for line in list(predict.table(self.rows))[2:]:
            name, *cells = [cell.strip() for cell in line.strip("|").split("|")]
            shown = re.search(rf"^\| {re.escape(name)} \|(.*)\|$", text, re.M)
            self.assertIsNotNone(shown, f"docs/method.md lacks {name}")
            there = [cell.strip() for cell in shown[1].split("|")]
            # The compiler of this machine decides the replay's count, in the fourth column and on.
            self.assertEqual(there[:3] + there[6:], cells[:3] + cells[6:], name)


class Missing(unittest.TestCase):
    """A machine without some of the pieces: stand-ins for them come first on the path."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        for name in ("qemu-x86_64", "qemu-aarch64", "aarch64-linux-gnu-nm"):
            self.stand_in(name, "exit 9")
        for name in ("x86_64-linux-gnu-gcc", "aarch64-linux-gnu-gcc"):
            self.stand_in(name, 'exec gcc -nostdinc "$@"')

    def stand_in(self, name, does):
        (self.folder / name).write_text(f"#!/bin/sh\n{does}\n")
        (self.folder / name).chmod(0o755)

    def run_with(self, path, *command, **environment):
        return subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True,
                              check=False, env={**os.environ, "PATH": path, "CI": "", **environment})

    def test_no_c_library(self):
        done = self.run_with(f"{self.folder}:{os.environ['PATH']}", SOURCE / "workloads/capture/predict.py",
                             next(path for path in RESULTS if path.name.startswith("arm64")))
        self.assertEqual((done.returncode, done.stdout), (ENVIRONMENT, ""))
        self.assertEqual(done.stderr, "memblock-bench: predict: no C library for aarch64-linux-gnu-gcc; "
                         "install it with: apt install libc6-dev-arm64-cross\n")

    def test_several(self):
        """A path with next to nothing: everything that is missing is named at once."""
        done = self.run_with("/nowhere", SOURCE / "workloads/capture/predict.py", RESULTS[0])
        self.assertEqual(done.returncode, ENVIRONMENT)
        for piece in ("no qemu-aarch64", "no cmake", "no aarch64-linux-gnu-gcc", "qemu-user",
                      "gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"):
            self.assertIn(piece, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_this_test(self):
        """Skipped, with what is missing; a failure in CI."""
        path = f"{self.folder}:{os.environ['PATH']}"
        done = self.run_with(path, __file__, "Prediction")
        self.assertEqual(done.returncode, 77, done.stderr)
        for library in ("libc6-dev", "libc6-dev-arm64-cross"):
            self.assertRegex(done.stderr, f"(?m)^SKIPPED: [2-9] machines: .*apt install {library}$")
        self.assertEqual(self.run_with(path, __file__, "Prediction", CI="1").returncode, 1)

    def test_emulated(self):
        """The emulated machine, which needs the same compiler."""
        self.stand_in("qemu-system-aarch64", "exit 9")
        self.stand_in("cpio", "exit 9")
        path = f"{self.folder}:{os.environ['PATH']}"
        done = self.run_with(path, SOURCE / "tests/emulated/emulated.py", f"--build={self.folder}/build")
        self.assertEqual(done.returncode, 77, done.stderr)
        self.assertRegex(done.stderr, "no C library for aarch64.*\n.*SKIPPED")
        done = self.run_with(path, SOURCE / "tests/emulated/emulated.py", f"--build={self.folder}/build",
                             CI="1")
        self.assertEqual(done.returncode, 1)


class Kernel(unittest.TestCase):
    """A live boot. Where a newer package has replaced the image that was counted it cannot be had."""

    def test_counts_repeat(self):
        path = SOURCE / "results/kernel-counts/x86_64-6.12-cloud-4G-2node.json"
        counts = json.loads(path.read_text())
        if not shutil.which("qemu-system-x86_64"):
            self.skipTest("qemu-system-x86_64 is not installed")
        options = capture.parse([*counts["options"], "-o", "unused.log"])
        try:
            boot = capture.Boot(options, QUIET)
        except Failure as failure:
            self.skipTest(f"{counts['package']} {counts['version']} cannot be had: {failure}")
        self.assertEqual((boot.package, boot.version), (counts["package"], counts["version"]))
        ranges = (counts["ranges"]["functions"], counts["ranges"]["from"],
                  counts["ranges"]["until"])
        with tempfile.TemporaryDirectory() as folder:
            line = boot.command(folder)
            result, kernel = counting.count_boot(line, boot.machine.package, ranges, folder, QUIET, 120)
        self.assertEqual(kernel, counts["kernel"])
        self.assertEqual(result["calls"], counts["calls"])
        # Waiting for timers is in the total: it differs a little.
        self.assertLess(abs(result["total"] / counts["instructions"]["until_slab"] - 1), 0.1)


if __name__ == "__main__":
    ran = unittest.main(exit=False).result
    for what, machines_left_out in Prediction.lacking.items():
        print(f"SKIPPED: {machines_left_out} machines: {what}", file=sys.stderr)
    for test, reason in ran.skipped:
        print(f"SKIPPED: {test}: {reason}", file=sys.stderr)
    sys.exit(1 if not ran.wasSuccessful() else 77 if Prediction.lacking else 0)
