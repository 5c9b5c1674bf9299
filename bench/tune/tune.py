# SPDX-License-Identifier: GPL-2.0-or-later
"""memblock-bench tune: which slots, growth, search and steps suit given boots.

Successive halving over what is tried:

    replayed    all of them on all boots: what grows, metadata, what placement leaves; who panics is out
    counted     instructions (Valgrind), on one boot after the other, the smallest first; after each the better half of steps,
                and of stores, goes on, and all numbers of slots
    timed       of each kind those with the fewest instructions, with cold caches, beside the kernel as it is, in several processes
    afresh      the best of each kind once more: the gain that is told is of this run

A kind is who decides: slots are a constant of a build, a step is a patch, a store is another mm/memblock.c. What is
recommended needs no patch; what the others would save is told beside it. A gain below a microsecond is none.
"""
import argparse
import difflib
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

LEAST_NS = 1000.0  # a gain that anybody could notice
LEAST_COUNTED = 4000  # instructions: about as long, in cold caches
PROCESSES = 3      # at least: with fewer a time says nothing
KEPT = 2           # of a kind, that go on at least
TIMED = 3          # of a kind, at most
FEW = 12           # names in a line
ENOUGH = 8         # free slots; more are not better
# Student's t, two-sided 95 %, by degrees of freedom.
T95 = {2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 11: 2.201, 14: 2.145, 19: 2.093, 29: 2.045}
PRESET = "linux:init=64..4096,linux:with=*,array:init=64..1024:growth=1.5..4:search=*,default"
RATIOS = (1.1, 1.25, 1.5, 2, 3, 4, 6, 8, 12, 16)
KINDS = {"slots": "without a patch", "steps": "with a patch of the kernel's file", "store": "with another store"}
REFERENCE = "linux"
USAGE, LACKING = 2, 3


def stop(status, text):
    print(f"memblock-bench: tune: {text}", file=sys.stderr)
    sys.exit(status)


def run(*command):
    return subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def last_line(done):
    return (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1].removeprefix("memblock-bench: ")


def meant(word, known):
    near = difflib.get_close_matches(word, known, 1)
    return f"; did you mean '{near[0]}'?" if near else ""


# ---- what is tried -------------------------------------------------------------------------------

class Space:
    """Ranges of parameters as lists of variants."""

    def __init__(self, bench):
        self.bench = bench
        self.words = {}
        self.kinds = {row["name"]: row["kind"] for row in json.loads(run(bench, "list", "variants", "--format=json").stdout)}
        variant = None
        for line in run(bench, "list", "variants").stdout.splitlines():
            if found := re.match(r"    :(\w+)=(\S+) ", line):
                self.words[variant, found[1]] = found[2].split("|")
            else:
                variant = line.split()[0]

    def values(self, variant, key, text):
        if text == "*":
            words = self.words.get((variant, key))
            if not words or ".." in words[0]:
                stop(USAGE, f"'{key}=*' of {variant}: it is no choice of a few words; give values (8|16) or a range (8..64)")
            return [word for word in words if word != "none"]
        if found := re.fullmatch(r"(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?)", text):
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
            variant, *parts = asked.strip().split(":")
            if asked.strip() == "all":
                found += [name for name, kind in self.kinds.items() if kind == "store"]
                continue
            if variant not in self.kinds:
                stop(USAGE, f"unknown variant '{variant}'{meant(variant, self.kinds)}; see 'memblock-bench list variants'")
            if self.kinds[variant] in ("null", "peer"):
                stop(USAGE, f"'{variant}' replays no boot; name a store, or linux")
            each = [variant]
            for part in parts:
                key, equals, value = part.partition("=")
                if not equals or not all(value.split("|")):
                    stop(USAGE, f"'{part}' in '{asked}': a parameter is KEY=VALUE, KEY=A..B, KEY=A|B or KEY=*")
                keys = [k for of, k in self.words if of == variant]
                if keys and key not in keys:
                    stop(USAGE, f"{variant} has no parameter '{key}'{meant(key, keys)}; it has {', '.join(keys)}")
                each = [f"{name}:{key}={v}" for name in each for v in self.values(variant, key, value)]
            found += each
        return list(dict.fromkeys(found))


def kind_of(variant):
    if variant.split(":")[0] != "linux":
        return "store"
    return "steps" if ":with=" in variant or ":src=" in variant or ":version=" in variant else "slots"


# ---- measuring -----------------------------------------------------------------------------------

class Lab:
    def __init__(self, bench, boots, asked):
        self.bench, self.boots, self.asked = bench, boots, asked
        self.began = time.monotonic()
        self.facts = {}   # {variant: {boot: of the replay}}
        self.counts = {}  # {variant: {boot: instructions}}
        self.operations, self.slots, self.needed = {}, {}, {}  # {boot: ...}
        self.most = 0     # slots of memory, or of reserved, of any boot's machine
        self.out = {}     # {variant: why}
        self.files = {}   # {variant of linux: release and digest of the file that it is made of, by boot}

    def tell(self, text):
        print(f"{time.monotonic() - self.began:4.0f} s  {text}", file=sys.stderr, flush=True)

    def find_slots(self):
        """What the machine of each boot has: the fewer of memory's and reserved's."""
        for boot, path in self.boots.items():
            done = run(self.bench, "show", "--format=json", path)
            if not done.returncode:
                machine = json.loads(done.stdout)["machine"]
                self.slots[boot] = min(machine["memory_slots"], machine["reserved_slots"])
                self.most = max(self.most, machine["memory_slots"], machine["reserved_slots"])

    def left(self):
        return self.asked.time - (time.monotonic() - self.began)

    def replay(self, variants):
        """All of them on all boots, metadata where a kernel has it."""
        for i in range(0, len(variants), 12):
            some = variants[i:i + 12]
            if i and not self.asked.deterministic and self.left() < self.asked.time * 0.75:
                self.out |= {variant: "not replayed: the time was up" for variant in variants[i:]}
                return
            for boot, path in self.boots.items():
                if not self.replay_some(some, boot, path):  # one of them: each alone
                    for variant in some:
                        self.replay_some([variant], boot, path)

    def replay_some(self, variants, boot, path):
        done = run(self.bench, "replay", "--rounds=0", "--format=json", f"--variants={','.join(variants)}", path)
        if done.returncode and len(variants) > 1:
            return False
        if done.returncode == USAGE:
            stop(USAGE, last_line(done))
        if done.returncode:
            self.out[variants[0]] = last_line(done)
            return True
        said = json.loads(done.stdout.splitlines()[0])
        self.operations[boot] = said["input"]["operations"]
        for row in said["variants"]:
            self.facts.setdefault(row["variant"], {})[boot] = row
            if "panic" in row:
                self.out[row["variant"]] = f"{boot}: {row['panic']}"
        return True

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
        for row in said["benchmarks"]:
            _, boot, label, _ = row["name"].split("/")
            variant = asked.get(label, label)
            if label.startswith("linux"):
                self.files.setdefault(variant, {})[boot] = label.split(":")[-1]
            if row.get("error_occurred"):
                self.out[variant] = f"{boot}: {row['error_message']}"
            else:
                yield variant, boot, row

    def count(self, variants, boot):
        """Those that are there, a kind in turn, so that what the time does not reach is not one kind."""
        for i in range(0, len(variants), 8):
            if i and not self.asked.deterministic and self.left() < self.asked.time * 0.35:
                self.out |= {variant: "not counted: the time was up" for variant in variants[i:]}
                return
            for variant, _, row in self.rows(variants[i:i + 8], [boot], "--quick", "--counters=callgrind", "--processes=1",
                                             "--operations=replay"):
                self.counts.setdefault(variant, {})[boot] = row["instructions"] * row["operations"]
            self.out |= {variant: f"not counted on {boot}: its kernel behaves otherwise than that boot's" for variant in variants[i:i + 8]
                         if boot not in self.counts.get(variant, {}) and variant not in self.out}

    def counted(self):
        """What was tried and either counted or found to be unfit: nothing of it is unknown."""
        return [v for v in {**self.counts, **self.out} if v != REFERENCE and not self.out.get(v, "").endswith("the time was up")]

    def share(self, variant):
        """Of the instructions of the kernel as it is, over the boots that it was counted on."""
        both = [(count, self.counts[REFERENCE][boot]) for boot, count in self.counts.get(variant, {}).items()]
        return math.exp(sum(math.log(a / b) for a, b in both) / len(both)) if both else math.inf

    def time_cold(self, variants, seed, part):
        """{variant: {process: {boot: ns}}} of those that were timed on all boots, in that part of the time that is left."""
        found = {}
        budget = max(10, self.left() * part)
        for variant, boot, row in self.rows([REFERENCE, *variants], list(self.boots), "--operations=replay_cold", "--counters=none",
                                            f"--processes={self.asked.processes}", f"--budget={budget:.0f}", f"--seed={seed}"):
            found.setdefault(variant, {}).setdefault(row["process"], {}).setdefault(boot, []).append(row["real_time"] * row["operations"])
        whole = {variant: {p: {b: statistics.median(ns) for b, ns in of.items()} for p, of in processes.items()
                           if set(of) == set(self.boots)} for variant, processes in found.items()}
        kernel = whole.get(REFERENCE, {})
        return {variant: of for variant, of in whole.items() if len(kernel.keys() & of.keys()) >= PROCESSES}


def paired(before, after):
    """[(ns of all boots together, the same of another)], by process."""
    return [(sum(before[p].values()), sum(after[p].values())) for p in sorted(before.keys() & after.keys())]


def cold_share(kernel, own):
    """Geometric mean over boots of the share of the kernel's time; of a boot the median of processes."""
    both = sorted(kernel.keys() & own.keys())
    return math.exp(statistics.fmean(math.log(statistics.median(own[p][boot] / kernel[p][boot] for p in both)) for boot in kernel[both[0]]))


def interval(pairs):
    """Gain in ns of all boots together, and its 95 % interval over processes (Student's t)."""
    gains = [before - after for before, after in pairs]
    t = next((value for df, value in sorted(T95.items(), reverse=True) if df <= len(gains) - 1), math.inf)
    half = t * statistics.stdev(gains) / math.sqrt(len(gains))
    mean = statistics.fmean(gains)
    return mean, mean - half, mean + half


# ---- what is said --------------------------------------------------------------------------------

def needed_slots(lab):
    """{boot: the fewest initial slots, of memory and of reserved alike, from which on it gets through}; by `array`, which
    grows, and stops, as the kernel does."""
    found = {}
    for boot, path in lab.boots.items():
        least, first = 4, 4
        while first == 4 or (least >= first - 16 and first < 1024):  # the last ones stopped: there may be more
            some = range(first, first + 16)
            done = run(lab.bench, "replay", "--rounds=0", "--format=json", f"--variants={','.join(f'array:init={n}' for n in some)}", path)
            if done.returncode:
                break
            # Before growth is allowed. Later it may stop as well: where a grown array overlaps another.
            stopped = [n for n, row in zip(some, json.loads(done.stdout.splitlines()[0])["variants"]) if "cannot resize" in row.get("panic", "")]
            least = max([least, *(n + 1 for n in stopped)])
            first += 16
        else:
            found[boot] = least
    return found


def slots_of(lab, variant):
    """{boot: slots that a configuration begins with}: the fewer of memory's and reserved's."""
    init = re.search(r":init=(\d+)", variant)
    return {boot: int(init[1]) if init else lab.slots[boot] for boot in lab.boots if init or boot in lab.slots}


def margin(lab, variant):
    """Slots more than the boot that needs most has to have."""
    return min((slots - lab.needed[boot] for boot, slots in slots_of(lab, variant).items() if boot in lab.needed), default=None)


def cost(lab, variant):
    """What a configuration costs in all boots, beside the kernel as it is."""
    facts, kernel = lab.facts[variant], lab.facts[REFERENCE]
    lost = [kernel[b]["free_left"]["blocks_2M"] - facts[b]["free_left"]["blocks_2M"] for b in facts
            if facts[b].get("free_left") and kernel.get(b, {}).get("free_left")]
    return {"growths": sum(f["growth_events"]["total"] for f in facts.values()),
            "growth_bytes": sum(f["growth_events"]["bytes"] for f in facts.values()),
            "metadata_bytes_peak": max(f["metadata_bytes_peak"] for f in facts.values()), "blocks_2M_lost": sum(lost)}


def values_of(row):
    margin_of = ENOUGH if row["margin"] is None else min(row["margin"], ENOUGH)
    return (round(row["share"], 4), row["growth_bytes"], row["metadata_bytes_peak"], row["blocks_2M_lost"], -margin_of)


def beats(other, row):
    """At least as good in everything, and better in something? What was not timed beats nothing that was."""
    if row.get("cold") and not other.get("cold"):
        return False
    timed = row.get("cold") and other.get("cold")
    theirs, ours = (values_of(each) + ((round(each["cold"], 2),) if timed else ()) for each in (other, row))
    return theirs != ours and all(a <= b for a, b in zip(theirs, ours))


def pareto(rows):
    """Those that no other beats; of those that are alike one, which was timed if any was."""
    found = []
    for row in sorted(rows, key=lambda row: not row.get("cold")):
        cold = row.get("cold")
        if not any(values_of(other) == values_of(row) and (not cold or round(other["cold"], 2) == round(cold, 2)) for other in found):
            found.append(row)
    return [row for row in found if not any(beats(other, row) for other in found)]


def text_of(entry, verb="saves"):
    """What a configuration saves, in words that its interval allows."""
    part = f"{100 * (1 - entry['share']):.0f} % of the instructions"
    if "afresh" not in entry:
        return f"{verb} {part} (not timed)"
    value, low, high = (v / 1000 for v in entry["afresh"])
    if low <= 0:
        return f"cannot be told from the kernel as it is ({value:.1f} us saved, {low:.1f} to {high:.1f}, 95 %, in {entry['processes']} processes; {part})"
    return f"{verb} {value:.1f} us ({low:.1f} to {high:.1f}, 95 %), {part}"


def none_of(kind, considered):
    """Why there is no best of a kind."""
    tried, counted = considered[kind]
    if not tried:
        return "none was tried."
    if counted < tried:
        return f"{counted} of {tried} were counted before the time was up (--time), none of which executes fewer instructions than the kernel as it is."
    return f"nothing executes fewer instructions than the kernel as it is, of {tried}."


def print_table(rows, chosen):
    print(f"    {'configuration':31} {'instr.':>6} {'cold':>5} {'grows':>5} {'metadata':>9} {'2M lost':>7} {'margin':>6}")
    longer = [row["variant"] for row in rows if len(row["variant"]) > 31]
    for row in rows:
        name = row["variant"] if row["variant"] not in longer else f"[{longer.index(row['variant']) + 1}]"
        mark = "*" if row["variant"] in chosen else " "
        cold = f"{row['cold']:5.2f}" if row.get("cold") else "    -"
        print(f"  {mark} {name:31} {row['share']:6.2f} {cold} {row['growths']:5} {row['metadata_bytes_peak'] / 1024:7.1f} K "
              f"{row['blocks_2M_lost']:7} {row['margin'] if row['margin'] is not None else '-':>6}")
    for i, name in enumerate(longer, 1):
        print(f"  [{i}] is {name}")


def number(n, what):
    return f"{n} {what}{'s' if n != 1 else ''}"


def say(text, file=None):
    print(textwrap.fill(text, 79, break_long_words=False, break_on_hyphens=False), file=file)


def print_answer(answer):
    say(f"{number(answer['tried'], 'configuration')} on {', '.join(answer['boots'])}; {answer['counted']} counted on all of them.")
    print()
    say("Of these, what no other beats in everything, the best of each kind, and the kernel as it is (instr.: share of its instructions; cold: of its time in "
        "cold caches, where timed; margin: slots above what the boots need at first; *: the best of its kind):")
    print()
    shown = answer["pareto"] + [row for row in answer["beside"] if row not in answer["pareto"]]
    print_table(sorted(shown, key=lambda row: row["share"]), {entry["variant"] for entry in answer["kinds"].values() if entry})
    print()
    for kind, entry in answer["kinds"].items():
        say(f"{KINDS[kind]}: " + (f"{entry['variant']} {text_of(entry)}" if entry else none_of(kind, answer["considered"])))
    if answer["other_kernels"]:
        say(f"({', '.join(answer['other_kernels'])}: of another kernel's file than the boots' own, so the gain is that file's, too.)")
    needed = answer["slots_needed"]
    print()
    say("Slots: how many these boots need at first is not known." if not needed else
        "Slots: these boots get by with the fewest that there can be, 4, until an array may grow." if needed <= 4 else
        f"Slots: with fewer than {needed} for memory and for reserved an array is full in one of these boots before it may grow, and "
        "that is fatal.")
    print()
    say(f"Recommended: {answer['recommendation']['text']}")


def recommend(answer):
    """Of what needs no patch. Where it was not timed, by counts alone."""
    entry = answer["kinds"]["slots"]
    if not entry:
        return {"change": False, "text": f"change nothing; of numbers of slots, {none_of('slots', answer['considered'])}"}
    variant = entry["variant"]
    if "afresh" not in entry and entry["saved"] < LEAST_COUNTED:
        return {"change": False, "text": f"change nothing: {variant} would save {entry['saved']:.0f} instructions, which is less than a microsecond."}
    if "afresh" in entry and entry["afresh"][2] < LEAST_NS:
        return {"change": False, "text": f"change nothing: {variant} saves less than a microsecond, if anything."}
    if "afresh" in entry and entry["afresh"][1] <= 0:
        return {"change": False, "text": f"change nothing: {variant} {text_of(entry)}. More --processes and --time would tell."}
    if "afresh" in entry and entry["afresh"][0] < LEAST_NS:
        return {"change": False, "text": f"change nothing: {variant} would {text_of(entry, 'save')}: less than a microsecond."}
    gain = (f"measured afresh, it {text_of(entry)}" if "afresh" in entry else
            f"by counts alone, {entry['saved']:.0f} instructions fewer, {100 * (1 - entry['share']):.1f} %")
    return {"change": True, "variant": variant, "text": f"{variant}: {gain}; {reason(entry)}. {how_to(variant)}"}


def how_to(variant):
    slots = int(re.search(r":init=(\d+)", variant)[1])
    return (f"Build with KCFLAGS='-DINIT_MEMBLOCK_MEMORY_REGIONS={slots} -DINIT_MEMBLOCK_RESERVED_REGIONS={slots}'; "
            f"the arrays take {2 * 24 * slots / 1024:.0f} KiB then (docs/tuning.md).")


def reason(entry):
    """Why slots gain."""
    why = "as long as less than half of an array is used, an add inserts without counting first"
    if entry["growths"] < entry["growths_of_kernel"]:
        why = f"arrays grow {entry['growths']} times, not {entry['growths_of_kernel']}, and {why}"
    return why


def find_boots(bench, names, folder):
    """{name: file or name that the commands take}; standard input becomes a file in @folder."""
    listed = {row["name"]: row for row in json.loads(run(bench, "list", "workloads", "--format=json").stdout)}
    found = {}
    for name in names:
        if name == "-" and "standard-input" in found:
            stop(USAGE, "'-' twice: standard input is one boot")
        if name == "-":
            found["standard-input"] = f"{folder}/standard-input"
            Path(found["standard-input"]).write_bytes(sys.stdin.buffer.read())
        elif name in listed:
            if listed[name]["kind"] == "synthetic":
                stop(USAGE, f"'{name}': a synthetic state never grows; name a boot or a family (list workloads)")
            found[name] = listed[name]["description"] if listed[name]["kind"] == "captured" else name
        elif name.startswith("gen:") and ":".join(name.split(":")[:2]) in listed:
            found[name] = name
        elif Path(name).exists():
            short = re.sub(r"(\.(trace|log))?(\.zst)?$", "", Path(name).name)
            if short in found:
                stop(USAGE, f"two boots are called '{short}'; rename one")
            found[short] = str(Path(name).resolve())
        else:
            stop(USAGE, f"no boot '{name}'; a file, or a name of 'list workloads'"
                        + meant(name, [n for n, row in listed.items() if row["kind"] != "synthetic"]))
    return found


def in_turn(variants):
    """One of each kind, and again."""
    kinds = [[v for v in variants if kind_of(v) == kind] for kind in KINDS]
    return [of[i] for i in range(max(map(len, kinds))) for of in kinds if i < len(of)]


def better_half(lab, variants):
    """Of each kind, but all numbers of slots: they tell from one another only where there are many regions."""
    found = [v for v in variants if kind_of(v) == "slots"]
    for kind in ("steps", "store"):
        of = sorted((v for v in variants if kind_of(v) == kind), key=lab.share)
        found += of[:max(KEPT, -(-len(of) // 2))]
    return found


def fit(rows):
    """Of a kind, what executes fewer instructions than the kernel as it is."""
    return [row for row in rows if row["share"] < 0.9995]


def time_some(lab, rows):
    """Of each kind those with the fewest instructions; into their rows."""
    some = []
    for kind in KINDS:
        of = fit([row for row in rows[1:] if kind_of(row["variant"]) == kind])
        some += sorted(of, key=lambda row: (round(row["share"], 3), row["metadata_bytes_peak"]))[:TIMED]
    if not some:
        return
    lab.tell(f"timing {number(len(some), 'configuration')}")
    times = lab.time_cold([row["variant"] for row in some], 1, 0.55)
    for row in (rows[0], *some):
        tell_times(row, times, "claimed")


def tell_times(row, times, key):
    if own := times.get(row["variant"]):
        row |= {"times": own, "cold": cold_share(times[REFERENCE], own), key: interval(paired(times[REFERENCE], own)),
                "processes": len(times[REFERENCE].keys() & own.keys())}


def best_of(lab, rows, kernel):
    """Of a kind: the shortest cold time, and of those that cannot be told from it what takes least metadata; where nothing was
    timed, the fewest instructions."""
    of = fit(rows)
    timed = [row for row in of if row.get("cold")]
    if timed:
        fastest = min(timed, key=lambda row: statistics.median(sum(of.values()) for of in row["times"].values()))
        alike = [row for row in timed if row is fastest or interval(paired(row["times"], fastest["times"]))[1] <= 0]
        best = min(alike, key=lambda row: (row["metadata_bytes_peak"], row["share"]))
    else:
        best = min(of, key=lambda row: (round(row["share"], 3), row["metadata_bytes_peak"]), default=None)
    return best and {**best, "growths_of_kernel": kernel["growths"],
                     "saved": sum(lab.counts[REFERENCE][b] - lab.counts[best["variant"]][b] for b in lab.boots)}


def tune(lab, candidates):
    lab.tell(f"replaying {number(len(candidates), 'configuration')} on {number(len(lab.boots), 'boot')}")
    lab.replay([REFERENCE, *in_turn(candidates)])
    if REFERENCE in lab.out:
        stop(LACKING, lab.out[REFERENCE])
    lab.find_slots()
    lab.needed = needed_slots(lab)
    lab.out |= {v: f"these boots need {max(lab.needed.values())} slots at first" for v in candidates
                if v not in lab.out and (margin(lab, v) or 0) < 0}
    lab.out |= {v: f"fewer slots than a machine has now, {lab.most}" for v in candidates
                if v not in lab.out and kind_of(v) == "slots" and (found := re.search(r":init=(\d+)", v)) and int(found[1]) < lab.most}
    alive = [v for v in candidates if v not in lab.out]
    smallest = sorted(lab.boots, key=lambda b: lab.operations[b] * lab.facts[REFERENCE][b]["regions"]["reserved_peak"])
    for boot in smallest:
        lab.tell(f"counting {len(alive)} of them on {boot}")
        lab.count([REFERENCE, *in_turn(alive)], boot)
        if REFERENCE in lab.out:
            stop(LACKING, lab.out[REFERENCE])
        alive = [v for v in alive if v not in lab.out]
        if boot != smallest[-1]:
            alive = better_half(lab, alive)
    kernel = {"variant": REFERENCE, "share": 1.0, "margin": margin(lab, REFERENCE), **cost(lab, REFERENCE)}
    rows = [kernel, *({"variant": v, "share": lab.share(v), "margin": margin(lab, v), **cost(lab, v)} for v in alive)]
    if not lab.asked.deterministic:
        time_some(lab, rows)
    kinds = {kind: best_of(lab, [row for row in rows[1:] if kind_of(row["variant"]) == kind], kernel) for kind in KINDS}
    finalists = {entry["variant"]: entry for entry in kinds.values() if entry}
    if finalists and not lab.asked.deterministic:
        lab.tell(f"timing {', '.join(finalists)} afresh")
        times = lab.time_cold(list(finalists), 2, 0.9)
        for entry in (*finalists.values(), *(row for row in rows if row["variant"] in (REFERENCE, *finalists))):
            tell_times(entry, times, "afresh")  # the row's too: the first timing chose it
    for row in (*rows, *filter(None, kinds.values())):
        row.pop("times", None)
    chosen = {entry["variant"] for entry in kinds.values() if entry} | {REFERENCE}
    answer = {"boots": list(lab.boots), "tried": len(candidates), "counted": len(rows) - 1, "left_out": lab.out,
              "considered": {kind: [sum(kind_of(v) == kind for v in names) for names in (candidates, lab.counted())] for kind in KINDS},
              "rows": rows, "pareto": sorted(pareto(rows), key=lambda r: r["share"]),
              "beside": [row for row in rows if row["variant"] in chosen], "kinds": kinds,
              "slots_needed": max(lab.needed.values()) if set(lab.needed) == set(lab.boots) else None,
              "other_kernels": sorted(v for v, files in lab.files.items() if files != lab.files.get(REFERENCE, files) and v in chosen)}
    answer["recommendation"] = recommend(answer)
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
    candidates = [v for v in Space(asked.bench).expand(asked.variants) if v != REFERENCE]
    if not candidates:
        stop(USAGE, f"'{asked.variants}': nothing to try beside the kernel as it is")
    with tempfile.TemporaryDirectory() as folder:
        answer = tune(Lab(asked.bench, find_boots(asked.bench, asked.boots, folder), asked), candidates)
    if asked.format == "json":
        print(json.dumps(answer, indent=1, allow_nan=False))
    else:
        print_answer(answer)
        for why in dict.fromkeys(answer["left_out"].values()):
            of = [v for v, reason_of in answer["left_out"].items() if reason_of == why]
            say(f"left out: {why}: {', '.join(of[:FEW])}{f' and {len(of) - FEW} more' if len(of) > FEW else ''}", sys.stderr)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
