# SPDX-License-Identifier: GPL-2.0-or-later
"""memblock-bench tune: which slots, growth, search and steps suit given boots.

Successive halving over what is tried:

    replayed    all of them on all boots: what grows, metadata, what placement leaves; who panics is out
    counted     instructions (Valgrind), on one boot after the other, the shortest first; after each the better half goes on
    timed       the best of each kind with cold caches, beside the kernel as it is, in several processes
    afresh      what is recommended, once more: the gain that is told is of this run

A kind is who decides: slots are set when a kernel is configured, a step is a patch, a store is another mm/memblock.c. What is
recommended needs no patch; what the others would save is told beside it. A gain below a microsecond is none.
"""
import argparse
import json
import math
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LEAST_NS = 1000.0  # a gain that anybody could notice
KEPT = 6           # that go on at least
RESAMPLES = 2000
PRESET = "linux:init=64..4096,linux:with=*,array:init=64..1024:growth=1.5..4:search=*,default"
RATIOS = (1.1, 1.25, 1.5, 2, 3, 4, 6, 8, 12, 16)
KINDS = {"slots": "without a patch", "steps": "with a patch of the kernel's file", "store": "with another store"}
USAGE, LACKING = 2, 3


def stop(status, text):
    print(f"memblock-bench: tune: {text}", file=sys.stderr)
    sys.exit(status)


def run(*command):
    return subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def last_line(done):
    return (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1].removeprefix("memblock-bench: ")


# ---- what is tried -------------------------------------------------------------------------------

class Space:
    """Ranges of parameters as lists of variants."""

    def __init__(self, bench):
        self.bench = bench
        self.words = {}
        variant = None
        for line in run(bench, "list", "variants").stdout.splitlines():
            if found := re.match(r"    :(\w+)=(\S+) ", line):
                self.words[variant, found[1]] = found[2].split("|")
            else:
                variant = line.split()[0]
                if alias := re.search(r"^(\S+) +alias +(?:of )?(\w+)", line):
                    self.words |= {(alias[1], key): of for (name, key), of in list(self.words.items()) if name == alias[2]}

    def values(self, variant, key, text):
        if text == "*":
            words = self.words.get((variant, key))
            if not words or ".." in words[0]:
                stop(USAGE, f"'{key}=*' of {variant}: it is no choice of a few words; give values (8|16) or a range (8..64)")
            return [word for word in words if word != "none"]
        if found := re.fullmatch(r"([\d.]+)\.\.([\d.]+)", text):
            low, high = map(float, found.groups())
            if low > high:
                stop(USAGE, f"'{key}={text}': a range goes from the smaller to the larger value")
            if key == "growth":
                return [f"{r:g}" for r in sorted({low, high, *(r for r in RATIOS if low < r < high)})]
            return [str(n) for n in sorted({int(low), int(high), *(1 << k for k in range(32) if low < 1 << k < high)})]
        return text.split("|")

    def expand(self, text):
        found = []
        for asked in text.split(","):
            variant, *parts = asked.split(":")
            each = [variant]
            for part in parts:
                key, equals, value = part.partition("=")
                if not equals:
                    stop(USAGE, f"'{part}' in '{asked}': a parameter is KEY=VALUE, KEY=A..B, KEY=A|B or KEY=*")
                each = [f"{name}:{key}={v}" for name in each for v in self.values(variant, key, value)]
            found += each
        return list(dict.fromkeys(found))


def kind_of(variant):
    if variant.split(":")[0] != "linux":
        return "store"
    return "steps" if ":with=" in variant or ":src=" in variant else "slots"


# ---- measuring -----------------------------------------------------------------------------------

class Lab:
    def __init__(self, bench, boots, asked):
        self.bench, self.boots, self.asked = bench, boots, asked
        self.began = time.monotonic()
        self.facts = {}   # {variant: {boot: of the replay}}
        self.counts = {}  # {variant: {boot: instructions}}
        self.out = {}     # {variant: why}

    def tell(self, text):
        print(f"{time.monotonic() - self.began:4.0f} s  {text}", file=sys.stderr, flush=True)

    def left(self):
        return self.asked.time - (time.monotonic() - self.began)

    def replay(self, variants):
        """All of them on all boots, metadata where a kernel has it."""
        for boot, path in self.boots.items():
            for i in range(0, len(variants), 24):
                some = variants[i:i + 24]
                done = run(self.bench, "replay", "--rounds=0", "--format=json", f"--variants={','.join(some)}", path)
                if done.returncode and len(some) > 1:  # one of them: each alone
                    for variant in some:
                        self.replay_one(variant, boot, path)
                elif done.returncode:
                    self.out[some[0]] = last_line(done)
                else:
                    self.note(boot, json.loads(done.stdout.splitlines()[0]))

    def replay_one(self, variant, boot, path):
        done = run(self.bench, "replay", "--rounds=0", "--format=json", f"--variants={variant}", path)
        if done.returncode:
            self.out[variant] = last_line(done)
        else:
            self.note(boot, json.loads(done.stdout.splitlines()[0]))

    def note(self, boot, said):
        for row in said["variants"]:
            self.facts.setdefault(row["variant"], {})[boot] = row
            if "panic" in row:
                self.out[row["variant"]] = f"{boot}: {row['panic']}"

    def rows(self, variants, boots, *options):
        """Rows of a run: [(variant as asked for, boot, row)]."""
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "run.json"
            done = run(self.bench, "run", f"--variants={','.join(variants)}", f"--out={out}",
                       f"--workloads={','.join(str(self.boots[b]) for b in boots)}", *options)
            if not out.exists():
                stop(LACKING, last_line(done))
            said = json.loads(out.read_text(encoding="utf-8"))
        # A kernel's rows have its release; what it was asked for as says the context.
        asked = {}
        for key, text in said["context"].items():
            if key.startswith("variant:linux") and (found := re.search(r"asked for as (\S+)", str(text))):
                asked[key.removeprefix("variant:")] = found[1]
        return [(asked.get(row["name"].split("/")[2], row["name"].split("/")[2]), row["name"].split("/")[1], row)
                for row in said["benchmarks"]]

    def count(self, variants, boot):
        for i in range(0, len(variants), 8):
            some = variants[i:i + 8]
            if i and self.left() < self.asked.time * 0.35 and not self.asked.deterministic:
                for variant in variants[i:]:
                    self.out[variant] = "not counted: the time was up"
                return
            # init= is compiled in and not in a row's name: one kernel a run.
            for each in one_by_one(some):
                for variant, name, row in self.rows(each, [boot], "--quick", "--counters=callgrind", "--processes=1", "--operations=replay"):
                    variant = each[0] if len(each) == 1 else variant
                    if row.get("error_occurred"):
                        self.out[variant] = f"{name}: {row['error_message']}"
                    else:
                        self.counts.setdefault(variant, {})[boot] = row["instructions"] * row["operations"]

    def share(self, variant):
        """Of the instructions of the kernel as it is, over what was counted of both."""
        both = [(self.counts[variant][b], self.counts["linux"][b]) for b in self.counts.get(variant, {}) if b in self.counts["linux"]]
        return math.exp(sum(math.log(a / b) for a, b in both) / len(both)) if both else math.inf

    def time_cold(self, variants, seed):
        """{variant: {boot: [ns of a boot, by process]}}"""
        found = {}
        budget = max(10, self.left() * 0.4)
        for each in one_by_one(["linux", *variants], beside="linux"):
            for variant, boot, row in self.rows(each, list(self.boots), "--operations=replay_cold", f"--processes={self.asked.processes}",
                                                f"--budget={budget / max(1, len(variants)):.0f}", "--counters=none", f"--seed={seed}"):
                if row.get("error_occurred"):
                    continue
                if len(each) == 2 and variant != "linux":
                    variant = each[1]
                found.setdefault(each[-1], {}).setdefault((boot, variant == each[-1]), {}) \
                    .setdefault(row["process"], []).append(row["real_time"] * row["operations"])
        return {variant: {boot: [(statistics.median(cells[boot, False][p]), statistics.median(cells[boot, True][p]))
                                 for p in sorted(cells[boot, True]) if p in cells.get((boot, False), {})]
                          for boot, ours in cells if ours} for variant, cells in found.items() if variant != "linux"}


def one_by_one(variants, beside=None):
    """Kernels of the same text have one name in results, whatever their slots: each in a run of its own."""
    if beside:
        return [[beside, variant] for variant in variants if variant != beside]
    slots = [v for v in variants if kind_of(v) == "slots" and v != "linux"]
    rest = [v for v in variants if v not in slots]
    return ([rest] if rest else []) + [[v] for v in slots]


def interval(pairs):
    """Gain in ns of a boot, and its 95 % interval over processes (percentile bootstrap of the mean)."""
    gains = [before - after for before, after in pairs]
    draw = random.Random(1)
    means = sorted(statistics.fmean(draw.choices(gains, k=len(gains))) for _ in range(RESAMPLES))
    return statistics.fmean(gains), means[int(RESAMPLES * 0.025)], means[int(RESAMPLES * 0.975)]


def of_all_boots(by_boot):
    """Pairs of sums over boots, by process."""
    each = [pairs for pairs in by_boot.values() if pairs]
    return [(sum(p[i][0] for p in each), sum(p[i][1] for p in each)) for i in range(min(map(len, each)))] if each else []


# ---- what is said --------------------------------------------------------------------------------

def needed_slots(bench, boots):
    """{boot: (most regions of memory, of reserved, before resizing is allowed; what its machine has)}"""
    found = {}
    for boot, path in boots.items():
        done = run(bench, "show", "--format=json", path)
        if done.returncode:
            continue
        said = json.loads(done.stdout)
        before, machine = said["peaks"]["before_resize"], said["machine"]
        found[boot] = {"memory": before["memory_regions"], "reserved": before["reserved_regions"],
                       "memory_slots": machine["memory_slots"], "reserved_slots": machine["reserved_slots"]}
    return found


def margin(slots, variant):
    """Free slots before an array may grow, at the closest; negative: it would have been fatal."""
    init = re.search(r":init=(\d+)", variant)
    return min(((int(init[1]) if init else of[f"{which}_slots"]) - of[which]
                for of in slots.values() for which in ("memory", "reserved")), default=None)


def cost(lab, variant):
    """What a configuration costs, at the worst of the boots, beside the kernel as it is."""
    facts, kernel = lab.facts[variant], lab.facts["linux"]
    lost = [kernel[b]["free_left"]["blocks_2M"] - facts[b]["free_left"]["blocks_2M"] for b in facts
            if facts[b].get("free_left") and kernel.get(b, {}).get("free_left")]
    return {"growths": sum(f["growth_events"]["total"] for f in facts.values()),
            "metadata_bytes_peak": max(f["regions"]["metadata_bytes_peak"] if "metadata_bytes_peak" in f["regions"] else
                                       f["metadata_bytes_peak"] for f in facts.values()),
            "blocks_2M_lost": sum(lost)}


def pareto(rows):
    """Those that no other is at least as good as in everything, and better in something."""
    keys = ("share", "growths", "metadata_bytes_peak", "blocks_2M_lost", "fatal")

    def values(row):
        return [row[key] if key != "fatal" else -(row["margin"] or 0) for key in keys]

    return [row for row in rows if not any(all(a <= b for a, b in zip(values(other), values(row))) and values(other) != values(row)
                                           for other in rows)]


def text_of(gain):
    value, low, high = (v / 1000 for v in gain)
    return f"{value:.1f} us ({low:.1f} to {high:.1f}, 95 %)"


def print_table(rows, chosen):
    print(f"  {'':2}{'configuration':44} {'instr.':>6} {'grows':>5} {'metadata':>9} {'2M lost':>7} {'margin':>6}")
    for row in rows:
        mark = "*" if row["variant"] in chosen else " "
        print(f"  {mark} {row['variant']:44.44} {row['share']:6.2f} {row['growths']:5} {row['metadata_bytes_peak'] / 1024:7.1f} K "
              f"{row['blocks_2M_lost']:7} {row['margin'] if row['margin'] is not None else '-':>6}")


def print_answer(answer):
    print(f"Tried: {answer['tried']} configurations on {', '.join(answer['boots'])}.\n")
    print("Not beaten in everything by another, and the kernel as it is (instr.: share of its instructions;\n"
          "margin: free slots where a full array is fatal; *: the best of its kind):\n")
    shown = answer["pareto"] + [row for row in answer["beside"] if row not in answer["pareto"]]
    print_table(sorted(shown, key=lambda row: row["share"]), {entry["variant"] for entry in answer["kinds"].values() if entry})
    print()
    for kind, entry in answer["kinds"].items():
        if not entry:
            print(f"{KINDS[kind]}: nothing executes fewer instructions than the kernel as it is.")
        elif "gain" in entry:
            print(f"{KINDS[kind]}: {entry['variant']} saves {text_of(entry['gain'])}, {100 * (1 - entry['share']):.0f} % of the instructions")
        else:
            print(f"{KINDS[kind]}: {entry['variant']} saves {100 * (1 - entry['share']):.0f} % of the instructions")
    print()
    slots = answer["slots_needed"]
    print(f"Slots: these boots need {slots['memory']} for memory and {slots['reserved']} for reserved before an array may grow; a kernel "
          f"with fewer stops there." if slots else "Slots: not known.")
    print(f"\nRecommended: {answer['recommendation']['text']}")


def recommend(answer, deterministic):
    """Of what needs no patch."""
    entry = answer["kinds"]["slots"]
    if not entry:
        return {"change": False, "text": "change nothing: no number of slots executes fewer instructions than the kernel's own."}
    if deterministic:
        return {"change": True, "variant": entry["variant"],
                "text": f"{entry['variant']}, by counts alone: {100 * (1 - entry['share']):.1f} % fewer instructions. Whether that is a microsecond "
                        "says a run without --deterministic."}
    value, low, _ = entry["afresh"]
    if value < LEAST_NS or low <= 0:
        return {"change": False, "text": f"change nothing: {entry['variant']} would gain {text_of(entry['afresh'])}, "
                                         f"{'less than a microsecond' if value < LEAST_NS else 'which may be nothing'}."}
    return {"change": True, "variant": entry["variant"], "text": f"{entry['variant']}: measured afresh, it gains {text_of(entry['afresh'])}; {reason(entry)}."}


def reason(entry):
    """Why slots gain."""
    if entry["growths"] < entry["growths_of_kernel"]:
        return f"the arrays grow {entry['growths']} times, not {entry['growths_of_kernel']}, and while an array is less than half full an add needs no count first"
    return "while an array is less than half full, an add inserts without counting first"


def find_boots(bench, names):
    """{name: file or name that the commands take}"""
    listed = {row["name"]: row for row in json.loads(run(bench, "list", "workloads", "--format=json").stdout)}
    found = {}
    for name in names:
        if name in listed:
            if listed[name]["kind"] == "synthetic":
                stop(USAGE, f"'{name}': a synthetic state never grows; name a boot or a family (list workloads)")
            found[name] = listed[name]["description"] if listed[name]["kind"] == "captured" else name
        elif Path(name).exists():
            found[re.sub(r"(\.(trace|log))?(\.zst)?$", "", Path(name).name)] = str(Path(name).resolve())
        else:
            stop(USAGE, f"no boot '{name}'; a file, or a name of 'list workloads'")
    return found


def tune(lab, candidates):
    reference = "linux"
    lab.tell(f"replaying {len(candidates)} configurations on {len(lab.boots)} boots")
    lab.replay([reference, *candidates])
    if reference in lab.out:
        stop(LACKING, lab.out[reference])
    alive = [v for v in candidates if v not in lab.out]
    shortest = sorted(lab.boots, key=lambda b: lab.facts[reference][b]["allocs"]["total"])
    for boot in shortest:
        lab.tell(f"counting {len(alive)} of them on {boot}")
        lab.count([reference, *(v for v in alive)], boot)
        alive = sorted((v for v in alive if v not in lab.out), key=lab.share)
        if boot != shortest[-1]:
            keep = max(KEPT, -(-len(alive) // 2))
            best = {kind: next((v for v in alive if kind_of(v) == kind), None) for kind in KINDS}
            alive = alive[:keep] + [v for v in best.values() if v and v not in alive[:keep]]
    counted = [v for v in candidates if v in lab.counts and v not in lab.out]
    slots = needed_slots(lab.bench, lab.boots)
    kernel = cost(lab, reference)
    rows = [{"variant": v, "share": lab.share(v), "margin": margin(slots, v), **cost(lab, v)} for v in [reference, *alive]]
    rows = [row for row in rows if row["margin"] is None or row["margin"] >= 0]
    kinds = {}
    for kind in KINDS:
        fit = [row for row in rows if kind_of(row["variant"]) == kind and row["variant"] != reference and row["share"] < 0.9995]
        # Of those that execute as many, the fewest slots.
        best = min(fit, key=lambda row: (round(row["share"], 3), row["metadata_bytes_peak"]), default=None)
        kinds[kind] = best and {**best, "growths_of_kernel": kernel["growths"]}
    if not lab.asked.deterministic:
        finalists = [entry["variant"] for entry in kinds.values() if entry]
        if finalists:
            lab.tell(f"timing {', '.join(finalists)}")
            for variant, by_boot in lab.time_cold(finalists, seed=1).items():
                next(e for e in kinds.values() if e and e["variant"] == variant)["gain"] = interval(of_all_boots(by_boot))
        if kinds["slots"]:
            lab.tell(f"timing {kinds['slots']['variant']} afresh")
            kinds["slots"]["afresh"] = interval(of_all_boots(lab.time_cold([kinds["slots"]["variant"]], seed=2)[kinds["slots"]["variant"]]))
    every = [{"variant": v, "share": lab.share(v), "boots_counted": len(lab.counts[v]), **cost(lab, v)} for v in [reference, *counted]]
    chosen = {entry["variant"] for entry in kinds.values() if entry} | {reference}
    answer = {"boots": list(lab.boots), "tried": len(candidates), "left_out": lab.out, "rows": every,
              "pareto": sorted(pareto(rows), key=lambda r: r["share"]), "beside": [row for row in rows if row["variant"] in chosen],
              "kinds": kinds,
              "slots_needed": slots and {which: max(of[which] for of in slots.values()) for which in ("memory", "reserved")}}
    answer["recommendation"] = recommend(answer, lab.asked.deterministic)
    return answer


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--bench", required=True)
    parser.add_argument("--variants", default=PRESET)
    parser.add_argument("--time", type=float, default=300)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--deterministic", action="store_true")
    parser.add_argument("--format", default="text")
    parser.add_argument("boots", nargs="+")
    asked = parser.parse_args(arguments)
    lab = Lab(asked.bench, find_boots(asked.bench, asked.boots), asked)
    candidates = [v for v in Space(asked.bench).expand(asked.variants) if v != "linux"]
    answer = tune(lab, candidates)
    if asked.format == "json":
        print(json.dumps(answer, indent=1))
    else:
        print_answer(answer)
        for variant, why in list(answer["left_out"].items())[:8]:
            print(f"left out: {variant}: {why}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
