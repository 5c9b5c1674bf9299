# SPDX-License-Identifier: GPL-2.0-or-later
"""memblock-bench tune, by counts: what it recommends, what it leaves alone, and what it refuses.

    a boot with many regions: more slots than the arrays grow to, and the fewest that do
    a boot that is as most: change nothing
    ranges; the slots that a boot needs before an array may grow; bad names, ranges and parameters
"""
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(os.environ.get("MB_SOURCE_DIR", Path(__file__).resolve().parents[2])).resolve()
BENCH = os.environ.get("MEMBLOCK_BENCH", str(SOURCE / "build" / "memblock-bench"))
MANY, PLAIN = "x86_64-7.3-kexec-fragmented-exact", "x86_64-6.12-cloud-512M"


def tune(*words, status=0, stdin=subprocess.DEVNULL):
    done = subprocess.run([BENCH, "tune", *words], stdin=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == status, done
    return done


def check_refused():
    for words, said in ((["no-such-boot"], "no boot 'no-such-boot'; a file, or a name"),
                        ([PLAIN[:-1]], f"did you mean '{PLAIN}'?"), (["random"], "'random': a synthetic state never grows"),
                        ([PLAIN, "--variants=array:growth=4..2"], "'growth=4..2': a range goes from"),
                        ([PLAIN, "--variants=array:init=*"], "'init=*' of array: it is no choice"),
                        ([PLAIN, "--variants=array:growth"], "'growth' in 'array:growth': a parameter is KEY=VALUE"),
                        ([PLAIN, "--processes=1"], "'1' for --processes"), ([], "FILE")):
        done = tune(*words, status=2)
        assert said in done.stderr and done.stderr.count("\n") == 1 and not done.stdout, done


def check_answers():
    plain = json.loads(tune(PLAIN, "--deterministic", "--format=json", "--variants=linux:init=128..512").stdout)
    assert not plain["recommendation"]["change"] and plain["recommendation"]["text"].startswith("change nothing"), plain
    assert plain["tried"] == 3 and plain["slots_needed"] == 5, plain
    many = json.loads(tune(MANY, "--deterministic", "--format=json",
                           "--variants=linux:init=512..4096,linux:with=binary,array:growth=1.5..2:search=*").stdout)
    assert many["recommendation"]["variant"] == "linux:init=2048", many["recommendation"]  # 551 regions, twice and one more
    shares = {row["variant"]: row["share"] for row in many["pareto"] + many["beside"]}
    assert many["tried"] == 4 + 1 + 2 * 3 and shares["linux"] == 1 and shares["linux:init=2048"] < 0.8, shares
    assert many["kinds"]["steps"]["variant"] == "linux:with=binary" and many["kinds"]["steps"]["share"] < 0.5, many["kinds"]
    assert many["kinds"]["store"]["variant"].startswith("array:") and many["kinds"]["store"]["growths_of_kernel"] == 3
    assert many["slots_needed"] == 6 and not many["other_kernels"], many
    # Another kernel's file, and the boot from standard input.
    other = tune("-", "--deterministic", "--variants=linux:version=6.12:with=all",
                 stdin=open(SOURCE / f"workloads/captured/{MANY}.trace.zst", "rb")).stdout
    assert "boots' own, so the gain is that file's" in " ".join(other.split()) and " on standard-input; " in other, other
    # Numbers of slots are alike on the small boot, and go on all the same, in whatever order they stand.
    both = json.loads(tune(MANY, PLAIN, "--deterministic", "--format=json", "--variants=linux:init=512|1024|2048,linux:with=ends").stdout)
    assert both["recommendation"]["variant"] == "linux:init=2048" and both["counted"] == 4, both
    few = json.loads(tune(PLAIN, "--deterministic", "--format=json", "--variants=linux:init=4").stdout)
    assert "linux:init=4" in few["left_out"] and not few["recommendation"]["change"], few
    again = tune(MANY, "--deterministic", "--variants=linux:init=512..4096").stdout
    assert re.search(r"^Recommended: linux:init=2048, by counts alone: \d", again, re.M), again
    assert max(map(len, again.splitlines()[:12])) <= 100


def main():
    check_refused()
    if not shutil.which("valgrind") or subprocess.run([BENCH, "replay", "--rounds=0", "--variants=linux:version=newest",
                                                       SOURCE / f"workloads/captured/{MANY}.trace.zst"],
                                                      capture_output=True, check=False).returncode:
        print("SKIPPED: no valgrind, or no source of the newest kernel", file=sys.stderr)
        return 1 if os.environ.get("CI") else 77
    if not int(os.environ.get("MB_SANITIZED", "0")):
        check_answers()
    return 0


if __name__ == "__main__":
    sys.exit(main())
