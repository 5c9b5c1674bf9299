# SPDX-License-Identifier: GPL-2.0-or-later
"""memblock-bench tune: what it recommends, what it leaves alone, and what it refuses.

    by counts   a boot with many regions: more slots than the arrays grow to, and the fewest that do; one that is as most: change
                nothing; ranges; the slots that a boot needs before an array may grow; bad names, ranges and parameters
    by time     what is timed, which of those is the best, and what none of all beats, of rows that are made up; one run
"""
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(os.environ.get("MB_SOURCE_DIR", Path(__file__).resolve().parents[2])).resolve()
sys.path.insert(0, str(SOURCE / "bench/tune"))
import tune as script  # noqa: E402  its place is known only now

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
                        ([PLAIN, "--variants=arry"], "unknown variant 'arry'; did you mean 'array'?"),
                        ([PLAIN, "--variants=array:serch=*"], "array has no parameter 'serch'; did you mean 'search'?"),
                        ([PLAIN, "--variants=null"], "'null' replays no boot"), ([PLAIN, "--variants=linux:init=1|"], "'init=1|' in"),
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
    # A kernel that behaves otherwise than the boot's, and the boot from standard input.
    with (SOURCE / f"workloads/captured/{MANY}.trace.zst").open("rb") as boot:
        other = json.loads(tune("-", "--deterministic", "--format=json", "--variants=linux:version=6.12:with=all", stdin=boot).stdout)
    assert other["boots"] == ["standard-input"] and not other["kinds"]["steps"] and list(other["rows"][0]) == list(many["rows"][0]), other
    assert "behaves otherwise" in other["left_out"]["linux:version=6.12:with=all"] and other["counted"] == 0, other
    # Numbers of slots are alike on the small boot, and go on all the same, in whatever order they stand.
    both = json.loads(tune(MANY, PLAIN, "--deterministic", "--format=json", "--variants=linux:init=512|1024|2048,linux:with=ends").stdout)
    assert both["recommendation"]["variant"] == "linux:init=2048" and both["counted"] == 4, both
    few = json.loads(tune(PLAIN, "--deterministic", "--format=json", "--variants=linux:init=4").stdout)
    assert "linux:init=4" in few["left_out"] and not few["recommendation"]["change"], few
    again = tune(MANY, "--deterministic", "--variants=linux:init=512..4096").stdout
    assert re.search(r"^Recommended: linux:init=2048: by counts alone, \d", again, re.M), again
    assert max(map(len, again.splitlines()[:12])) <= 100


def row(variant, share, cold=None, metadata=1, ns=(), **more):
    """Of a table; @ns are those of the one boot, by process."""
    times = {p: {"boot": value} for p, value in enumerate(ns)}
    return {"variant": variant, "share": share, "growths": 0, "growth_bytes": 0, "metadata_bytes_peak": metadata, "blocks_2M_lost": 0,
            "margin": 9, **({"cold": cold, "times": times} if cold else {}), **more}


def names(rows):
    return [each["variant"] for each in rows]


def check_choice():
    """Who beats whom, and who is the best of a kind."""
    slow, fast, untimed = row("slow", 0.6, 0.9), row("fast", 0.75, 0.8), row("untimed", 0.62)
    assert names(script.pareto([slow, fast, untimed])) == ["slow", "fast"]  # untimed is beaten by slow, and beats nobody
    assert names(script.pareto([untimed, row("fewer", 0.61, 0.95)])) == ["fewer"]
    assert names(script.pareto([row("alike", 0.62), row("timed", 0.62, 0.7)])) == ["timed"]
    assert names(script.pareto([row("large", 0.5, 0.5, 9), row("small", 0.6, 0.6, 1), row("worse", 0.6, 0.7, 9)])) == ["large", "small"]
    lab = script.Lab("", {"boot": ""}, None)
    lab.counts = {name: {"boot": 1} for name in ("linux", "few", "many", "clear", "none")}
    kernel = {"growths": 0}
    few, many = row("few", 0.9, 0.8, 1, (100, 104, 99, 103)), row("many", 0.9, 0.79, 2, (101, 101, 100, 102))
    assert script.best_of(lab, [many, few], kernel)["variant"] == "few"  # not to be told from the fastest, and smaller
    clear = row("clear", 0.9, 0.5, 9, (50, 51, 50, 49))
    assert script.best_of(lab, [many, few, clear], kernel)["variant"] == "clear"
    assert script.best_of(lab, [row("none", 1.0, 0.4)], kernel) is None  # it executes as much as the kernel does
    assert script.best_of(lab, [row("few", 0.9, None, 2), row("many", 0.9, None, 1)], kernel)["variant"] == "many"
    def advice(afresh):
        entry = {**row("linux:init=512", 0.9), "afresh": afresh, "processes": 8, "saved": 9e9, "growths_of_kernel": 1}
        return script.recommend({"kinds": {"slots": entry}})

    assert advice((200, -300, 700))["text"].endswith("saves less than a microsecond, if anything.")
    assert "cannot be told" in advice((5000, -100, 9000))["text"] and not advice((5000, -100, 9000))["change"]
    assert advice((900, 100, 1700))["text"].endswith(": less than a microsecond.") and advice((5000, 3000, 7000))["change"]
    kernel_times, own = {0: {"a": 100, "b": 10}, 1: {"a": 110, "b": 11}}, {0: {"a": 50, "b": 20}, 1: {"a": 55, "b": 22}}
    assert abs(script.cold_share(kernel_times, own) - 1) < 1e-9 and script.paired(kernel_times, own) == [(110, 70), (121, 77)]


def check_timed():
    """All that is timed has a share of the kernel's time, and what is told is measured again."""
    answer = json.loads(tune(MANY, "--format=json", "--time=200", "--processes=3", "--variants=linux:init=2048,linux:with=binary|place").stdout)
    cold = {each["variant"]: each.get("cold") for each in answer["rows"]}
    assert set(cold) == {"linux", "linux:init=2048", "linux:with=binary", "linux:with=place"} and all(cold.values()), cold
    assert all(len(answer["kinds"][kind]["afresh"]) == 3 and "claimed" in answer["kinds"][kind] for kind in ("slots", "steps")), answer


def main():
    check_refused()
    check_choice()
    if not shutil.which("valgrind") or subprocess.run([BENCH, "replay", "--rounds=0", "--variants=linux:version=newest",
                                                       SOURCE / f"workloads/captured/{MANY}.trace.zst"],
                                                      capture_output=True, check=False).returncode:
        print("SKIPPED: no valgrind, or no source of the newest kernel", file=sys.stderr)
        return 1 if os.environ.get("CI") else 77
    if not int(os.environ.get("MB_SANITIZED", "0")):
        check_answers()
        check_timed()
    return 0


if __name__ == "__main__":
    sys.exit(main())
