# SPDX-License-Identifier: GPL-2.0-or-later
"""Does our replay of a boot execute as many instructions in memblock as the kernel did?

results/kernel-counts holds what `capture --counts` counted in booting kernels, each with the boot's trace.
The replays are counted here, and must be within a tenth, with and without the hand-over. docs/method.md has the
table.
"""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(os.environ.get("MB_SOURCE_DIR", Path(__file__).resolve().parent.parent))
COUNTS = SOURCE / "results" / "kernel-counts"
PREDICT = SOURCE / "workloads" / "capture" / "predict.py"
ENVIRONMENT, SKIPPED = 3, 77


def predict(*arguments):
    return subprocess.run([sys.executable, "-B", str(PREDICT), *map(str, arguments)],
                          capture_output=True, text=True, check=False)


def falsified(folder, path):
    """The counts of a kernel that executes half as much again."""
    counts = json.loads(path.read_text(encoding="utf-8"))
    for call in counts["calls"].values():
        for name, number in call["instructions"].items():
            call["instructions"][name] = number * 3 // 2
    changed = Path(folder) / path.name
    changed.write_text(json.dumps(counts), encoding="utf-8")
    Path(folder, counts["trace"]).write_bytes((path.parent / counts["trace"]).read_bytes())
    return changed


def main():
    paths = sorted(COUNTS.glob("*.json"))
    machines = [json.loads(path.read_text(encoding="utf-8"))["arch"] for path in paths]
    assert len(paths) >= 4 and {"x86_64", "arm64"} <= set(machines), machines
    done = predict(*paths)
    if done.returncode == ENVIRONMENT and not os.environ.get("CI"):
        print(f"SKIPPED: {done.stderr.strip()}", file=sys.stderr)
        return SKIPPED
    print(done.stdout + done.stderr)
    if done.returncode:
        return 1
    assert len(done.stdout.splitlines()) == 2 + len(paths)
    with tempfile.TemporaryDirectory() as folder:
        wrong = predict(falsified(folder, paths[-1]))
    assert wrong.returncode == 1, f"a falsified count passes: {wrong.stdout}{wrong.stderr}"
    return 0


if __name__ == "__main__":
    sys.exit(main())
