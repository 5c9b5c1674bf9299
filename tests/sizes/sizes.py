# SPDX-License-Identifier: GPL-2.0-or-later
"""make sizes: code, stack and data of every variant and of the kernel's file, side by side.

    sizes.py BUILD               count; say what differs from results/sizes/sizes.json, which is an error
    sizes.py BUILD --update      make what is counted the record, and its tables those of results/sizes/README.md
    sizes.py BUILD --tables      the tables of what is recorded, to README.md only
    sizes.py BUILD --header=OUT  when the program is built: a table of C for it (bench/run/sizes.c)

Compiled for it, in the flags of a kernel's build (kflags) with its alignment, -O2 and -Os: each variant of
variants.def, the files of src/core, and mm/memblock.c of each kernel tree that there is, as variants/linux/build.sh
compiles it, up to where the adapter's own code begins. What is counted of them says symbols.txt. Text is the sum of
the functions' sizes, so no padding between them; what only the lab calls is left out, by the references in the object.

Stack is what the compiler says (gcc, -fcallgraph-info=su): the largest frame, and the deepest chain of calls. Each
function is on it once at most. What hooks, printk and the adapter do is not on it.
"""
import argparse
import fnmatch
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SOURCE = Path(os.environ.get("MB_SOURCE_DIR", Path(__file__).resolve().parents[2])).resolve()
HERE = SOURCE / "results" / "sizes"
RECORD, README = HERE / "sizes.json", HERE / "README.md"
SKIPPED = 77
LEVELS = ("O2", "Os")
LIVES = ("init", "memblock", "kept")
PARTS = ("range", "file")
MACHINES = {"x86_64": (128, 128, 0), "arm64": (1024, 128, 0), "s390x": (128, 128, 4)}  # slots
# Where a function begins is as in a kernel for x86_64 (FUNCTION_ALIGNMENT_16B; arch/x86/Makefile), and addresses too.
ALIGNED = ["-falign-functions=16"]
ALIGNED_X86 = ["-falign-jumps=1", "-falign-loops=1", "-fno-pic", "-mcmodel=kernel"]
PIECES = ["-ffunction-sections", "-fdata-sections"]
# A function of a kernel that is __init has a section, and so is in one piece.
PIECES_GCC = ["-fno-reorder-blocks-and-partition"]
MARKS = """
#undef __init
#undef __meminit
#undef __init_memblock
#undef __initdata
#undef __initdata_memblock
#undef __setup
#undef early_param
#define __init __attribute__((section(".sizes.init")))
#define __meminit __attribute__((section(".sizes.memblock")))
#define __init_memblock __attribute__((section(".sizes.memblock")))
#define __initdata __attribute__((section(".sizesdata.init")))
#define __initdata_memblock __attribute__((section(".sizesdata.memblock")))
#define __setup(text, function) static void *const sizes_##function __attribute__((__used__)) = (void *)function;
#define early_param(text, function) __setup(text, function)
"""


class Missing(Exception):
    """What the environment lacks."""


def output(*command):
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise Missing(f"no program '{command[0]}'") from error
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        raise Missing(next((line for line in lines if "error" in line), lines[-1]))
    return done.stdout


# ---- the build that is asked about ---------------------------------------------------------------

def config(build):
    return dict(re.findall(r'^#define (\w+) "?(.*?)"?$', (Path(build) / "config.h").read_text(), re.M))


def flags(settings, level):
    words = [word for word in settings["MB_FLAGS_KFLAGS"].split() if not re.match(r"-O|-falign", word)]
    aligned = ALIGNED + (ALIGNED_X86 if "-mno-sse" in words else [])
    whole = PIECES_GCC if settings["MB_COMPILER_ID"] == "GNU" else []
    return [f"-{level}", *aligned, *words, *whole, *PIECES]


def environment(settings):
    version = output(settings["MB_CC"], "--version").splitlines()[0]
    return {"compiler": re.sub(r"^\S+ ", "", version), "flags": " ".join(flags(settings, "O2")[1:])}


def stores():
    lines = (SOURCE / "variants" / "variants.def").read_text()
    return re.findall(r"^MB_VARIANT\((\w+), (?:store|bounded),", lines, re.M)


# ---- what is counted: symbols.txt ----------------------------------------------------------------

def rows():
    path = Path(__file__).with_name("symbols.txt")
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line and not line.startswith("#"):
            words, mark, _ = line.partition(" -- ")
            side, part, life, *patterns = words.split()
            if part == "lab" or part == "data":
                patterns = [life, *patterns] if life != "-" else patterns
                life = "-"
            if not mark or not patterns:
                sys.exit(f"{path}:{number}: '{line}': SIDE PART LIFE PATTERN... -- REASON")
            yield side, part, life, patterns


ROWS = list(rows())
# Files of the core with range code.
RANGE_FILES = sorted({pattern.partition(":")[0] for side, part, _, patterns in ROWS for pattern in patterns
                      if (side, part) == ("core", "range")})


def place(side, name):
    """(part, life) of a symbol."""
    for row_side, part, life, patterns in ROWS:
        if row_side == side and any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
            return part, life
    raise Missing(f"tests/sizes/symbols.txt has no row for '{name}' of {side}")


# ---- objects -------------------------------------------------------------------------------------

def plain(name):
    return re.sub(r"\.(part|isra|constprop|cold|lto_priv)\b.*|\.\d+$", "", name)


class Object:
    """Functions and variables with their bytes and section, and who refers to what."""

    def __init__(self, path):
        text = output("readelf", "-SsrW", path)
        names = dict(re.findall(r"^ *\[ *(\d+)\] (\S+)", text, re.M))
        self.functions, self.variables, at = [], [], {}
        for value, size, kind, index, name in re.findall(
                r"^ *\d+: (\w+) +(\w+) (FUNC|OBJECT) +\w+ +\w+ +(?:\[.*?\] +)?(\d+) (\S+)$", text, re.M):
            symbol = (plain(name), int(size, 0), names[index])
            (self.functions if kind == "FUNC" else self.variables).append(symbol)
            if kind == "FUNC":
                at.setdefault(names[index], plain(name))
                at[name] = plain(name)
        self.references, section = {}, ""
        for line in text.splitlines():
            if head := re.match(r"Relocation section '\.rela?(\..*)'", line):
                section = head[1]
            elif (target := re.match(r"[0-9a-f]+ +[0-9a-f]+ R_\S+ +[0-9a-f]+ (\S+)", line)) and target[1] in at:
                self.references.setdefault(section, set()).add(at[target[1]])
        self.at = at

    def needed(self, lab):
        """Functions that something other than the lab's leads to: from tables, and from what others may call."""
        left = []
        for section, names in self.references.items():
            if section not in self.at and not section.startswith((".debug", ".eh_frame")):
                left += names
        return self.leads_to(left, lab)

    def leads_to(self, left, lab=lambda name: False):
        """Functions that these lead to, not through the lab's."""
        found, left = set(), list(left)
        while left:
            name = left.pop()
            if name not in found and not lab(name):
                found.add(name)
                for section, owner in self.at.items():
                    if owner == name:
                        left += self.references.get(section, ())
        return found


def compile_ours(settings, level, source, out, *defines, graph=True):
    output(settings["MB_CC"], "-std=gnu17", *flags(settings, level), "-ffreestanding", "-DNDEBUG", "-w",
           *(["-fcallgraph-info=su"] if graph else []), "-I", SOURCE / "include", "-I", SOURCE / "src", *defines,
           "-c", "-o", out, source)
    return Object(out)


def compile_store(settings, level, name, folder, graph=True):
    defines = ["-DMB_BUILD_NAME=kflags", "-DMB_COUNTED=0", f"-DMB_FOLDER={name}", "-DMB_VARIANT_IS_NULL=0"]
    return compile_ours(settings, level, SOURCE / "variants" / name / f"{name}.c",
                        Path(folder) / f"store-{name}-{level}.o", *defines, graph=graph)


def compile_kernel(settings, level, source, folder, steps=""):
    """(label, object) of a tree or a tarball, with steps of ours in it (variants/linux/steps)."""
    place_of = Path(folder) / "linux"
    if not place_of.exists():
        shutil.copytree(SOURCE / "variants" / "linux", place_of)
        text = (place_of / "adapter.c").read_text()
        head, mark, _ = text.partition('#include "memblock.c"\n')
        if not mark:
            raise Missing("variants/linux/adapter.c does not include memblock.c any more")
        (place_of / "adapter.c").write_text(head + MARKS + mark)
    notes = Path(folder) / f"notes-{level}-{Path(source).name}{steps}"
    notes.mkdir()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "memblock-bench"
    os.environ["MBL_FORM"] = "relocatable"
    said = output("/bin/sh", place_of / "build.sh", "--again", source, SOURCE / "include", SOURCE / "src/core", cache,
                  settings["MB_CC"], " ".join([*flags(settings, level), "-fcallgraph-info=su", f"-dumpdir {notes}/"]),
                  "-DCONFIG_MEMBLOCK_KHO_SCRATCH", "-DCONFIG_DEFERRED_STRUCT_PAGE_INIT", "-DMBL_CACHE_LINE=64",
                  "-DMBL_PAGE_SHIFT=12", "-DINIT_MEMBLOCK_MEMORY_REGIONS=128", "-DINIT_MEMBLOCK_RESERVED_REGIONS=128",
                  "-DCONFIG_NUMA", "-DCONFIG_NODES_SHIFT=10", "-DCONFIG_PHYS_ADDR_T_64BIT",
                  *([f"-DMBL_WITH={steps}"] if steps else []))
    name = said.splitlines()[-1]
    found = Object(cache / name)
    (cache / name).unlink()
    version, digest = re.match(r"linux-(.*?)-([0-9a-f]{8})-", name).groups()
    version = re.sub(r"^(\d+\.\d+)[^~]*", r"\1", version)
    return f"linux:{version}-{digest}", found, notes / "adapter.ci"


def kernels():
    """The newest source and those of the profiles, as far as they are there."""
    sys.path.insert(0, str(SOURCE / "workloads" / "capture"))
    found = []
    for wanted in ([], ["--release=6.12"], ["--release=6.1"]):
        done = subprocess.run([sys.executable, "-B", SOURCE / "workloads/capture/newest.py", *wanted],
                              capture_output=True, text=True, check=False)
        path = done.stdout.strip()
        if done.returncode == 0 and path and path not in found:
            found.append(path)
    return found


# ---- stack ---------------------------------------------------------------------------------------

def step_called(where):
    """The step that a call through a table leads to, by its line; None: a hook, or no such call."""
    path, line, _ = where.rsplit(":", 2)
    try:
        found = re.search(r"\bops->(\w+)\(", Path(path).read_text().splitlines()[int(line) - 1])
    except OSError:  # a file of a kernel's tree, in a folder that is gone
        return None
    return found and f"step_{found[1]}"


def graph_of(path):
    """({function: frame}, {function: called}) of what -fcallgraph-info=su wrote."""
    frames, calls = {}, {}
    for kind, rest in re.findall(r'^(node|edge): \{ (.*) \}$', Path(path).read_text(), re.M):
        names = [plain(name.rpartition(":")[2]) for name in re.findall(r'(?:title|sourcename|targetname): "(.*?)"', rest)]
        label = re.search(r'label: "(.*?)"', rest)[1] if "label" in rest else ""
        if kind == "edge":
            called = step_called(label) if names[1] == "__indirect_call" else names[1]
            calls.setdefault(names[0], set()).add(called)
        elif size := re.search(r"\\n(\d+) bytes", label):
            frames[names[0]] = max(frames.get(names[0], 0), int(size[1]))
    return frames, calls


def deepest(frames, calls):
    """(bytes, [function]) of the deepest chain, a return address for each call included; no function twice."""
    calls = {name: sorted(frames.keys() & calls.get(name, set())) for name in frames}
    reached = {}
    for name in calls:
        reached[name], left = set(), [name]
        while left:
            new = set(calls[left.pop()]) - reached[name]
            reached[name] |= new
            left += new

    @functools.cache
    def depth(name, before):
        """@before: of the circles that it is in, what is on the chain."""
        found = [(0, ())]
        for called in calls[name]:
            in_circle = name in reached[called]
            if called not in before and called != name:
                found.append(depth(called, before | {name} if in_circle else frozenset()))
        below = max(found, key=lambda chain: chain[0])
        return frames[name] + below[0], (name, *below[1])

    size, chain = max((depth(name, frozenset()) for name in sorted(frames)), key=lambda chain: chain[0], default=(0, ()))
    return size, list(chain)


def stack(frames, calls):
    name = max(sorted(frames), key=frames.get)
    size, path = deepest(frames, calls)
    return {"frame": [frames[name], name], "path": [size, " > ".join(path)]}


# ---- counting ------------------------------------------------------------------------------------

def add(sizes, part, life, size):
    for each in PARTS[PARTS.index(part):]:  # the file has the range code in it
        sizes[each][life] += size


def nothing():
    return {part: dict.fromkeys(LIVES, 0) for part in PARTS}


def count_store(name, found, sizes):
    """Adds a store's text; its functions that are counted."""
    needed, counted = found.needed(lambda function: place("store", function)[0] == "lab"), set()
    for function, size, _ in found.functions:
        part, life = place("store", function)
        if part != "lab" and function in needed:
            add(sizes, part, life, size)
            counted.add(function)
    if "step_add_range" not in counted and not any("add_range" in function for function in counted):
        raise Missing(f"{name}: nothing adds a range: what became of the table mb_ops_{name}_kflags?")
    return counted


def count_core(objects, sizes):
    """Adds the core's text; {file: functions that are counted}."""
    counted = {}
    for file, found in objects.items():
        lab = {function for function, _, _ in found.functions if place("core", f"{file}:{function}")[0] == "lab"}
        for function, size, _ in found.functions:
            part, life = place("core", f"{file}:{function}")
            if part != "lab":
                add(sizes, part, life, size)
                counted.setdefault(file, set()).add(function)
        for function in lab:
            counted.setdefault(file, set()).discard(function)
    return counted


def ours(settings, folder):
    """{store: figures}"""
    core = [path for path in sorted((SOURCE / "src/core").glob("*.c"))
            if any(place("core", f"{path.stem}:{name}")[0] != "lab" for name in ("", "mb_free_reserved_area"))]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = {(level, path.stem): pool.submit(compile_ours, settings, level, path,
                                                folder / f"core-{path.stem}-{level}.o")
                for level in LEVELS for path in core}
        jobs |= {(level, name, "store"): pool.submit(compile_store, settings, level, name, folder)
                 for level in LEVELS for name in stores()}
    found = {name: {} for name in stores()}
    for level in LEVELS:
        objects = {path.stem: jobs[level, path.stem].result() for path in core}
        for name in stores():
            sizes = nothing()
            steps = count_store(name, jobs[level, name, "store"].result(), sizes)
            frames, calls = graph_of(folder / f"store-{name}-{level}.ci")
            frames = {function: frames[function] for function in frames if function in steps}
            range_stack = stack(frames, calls)
            for file, functions in count_core(objects, sizes).items():
                more, called = graph_of(folder / f"core-{file}-{level}.ci")
                frames |= {function: more[function] for function in functions if function in more}
                for function, names in called.items():
                    calls.setdefault(function, set()).update(names)
            found[name][level] = {**sizes, "stack": {"range": range_stack, "file": stack(frames, calls)}}
    return found


def kernel(settings, source, folder, steps=""):
    figures, label = {}, ""
    for level in LEVELS:
        label, found, notes = compile_kernel(settings, level, source, folder, steps)
        sizes, parts = nothing(), {}
        for function, size, section in found.functions:
            part, _ = place("linux", function)
            if part != "lab":
                life = section.removeprefix(".sizes.") if section.startswith(".sizes.") else "kept"
                add(sizes, part, life, size)
                parts[function] = part
        frames, calls = graph_of(notes)
        inside = {function: frames[function] for function in frames if function in parts}
        only_range = {function: size for function, size in inside.items() if parts[function] == "range"}
        figures[level] = {**sizes, "stack": {"range": stack(only_range, calls), "file": stack(inside, calls)}}
        if level == LEVELS[0]:
            figures["data"] = kernel_data(found)
    return label, figures


def kernel_data(found):
    """Bytes of static slots by machine, and of the other variables."""
    slots, state = {}, {"memblock": 0, "kept": 0, "init": 0}
    for name, size, section in found.variables:
        part, _ = place("linux", name)
        if name.endswith("_init_regions"):
            slots[name] = size
        elif part == "data":
            life = section.removeprefix(".sizesdata.") if section.startswith(".sizesdata.") else "kept"
            state[life] += size
    entry = slots["memblock_memory_init_regions"] // 128
    return {"slots": {machine: sum(numbers) * entry for machine, numbers in MACHINES.items()},
            "state": sum(state.values()), "kept": state["kept"]}


def our_data(build):
    """{store: data}"""
    found, state, kept = {}, 0, 0
    for line in output(Path(build) / "tests" / "static_bytes").splitlines():
        name, machine, size = line.split()
        if name == "state":
            state, kept = int(machine), int(size)
        else:
            found.setdefault(name, {})[machine] = int(size)
    return {name: {"slots": slots, "state": state, "kept": kept} for name, slots in found.items()}


def count(build):
    settings = config(build)
    if settings["MB_COMPILER_ID"] != "GNU" or "-fstack-protector-strong" not in settings["MB_FLAGS_KFLAGS"]:
        raise Missing("stack and text are counted with gcc, in a build without sanitizers")
    result = {"environment": environment(settings), "sizes": {}}
    with tempfile.TemporaryDirectory() as folder:
        for source in kernels():
            label, figures = kernel(settings, source, Path(folder))
            result["sizes"][label] = figures
        data = our_data(build)
        for name, figures in ours(settings, Path(folder)).items():
            result["sizes"][name] = {**figures, "data": data[name]}
    return result


# ---- telling -------------------------------------------------------------------------------------

def newest(sizes):
    return next((name for name in sizes if name.startswith("linux:")), None)


def text(figures, level, part):
    return sum(figures[level][part].values())


def grouped(number):
    return f"{number:,}".replace(",", " ")


def text_table(sizes, part):
    yield ("| variant or tree | -O2: freed after boot (`__init`) | `__init_memblock` | kept | all | against the kernel | "
           "-Os: all | against the kernel |")
    yield "|---|---|---|---|---|---|---|---|"
    base = newest(sizes)
    for name, figures in sizes.items():
        cells = [name, *(grouped(figures["O2"][part][life]) for life in LIVES)]
        for level in LEVELS:
            own = text(figures, level, part)
            cells += [grouped(own), f"{own / text(sizes[base], level, part):.2f}" if base else ""]
        yield f"| {' | '.join(cells)} |"


def stack_table(sizes):
    yield "| variant or tree | largest frame, range code | deepest chain, range code | largest frame, file | deepest chain, file |"
    yield "|---|---|---|---|---|"
    for name, figures in sizes.items():
        cells = [name]
        for part in PARTS:
            found = figures["O2"]["stack"][part]
            cells += [f"{found['frame'][0]} ({found['frame'][1]})", str(found["path"][0])]
        yield f"| {' | '.join(cells)} |"


def data_table(sizes):
    base = newest(sizes)
    yield ("| variant or tree | " + " | ".join(f"static slots, {machine} | against the kernel" for machine in MACHINES)
           + " | state beside them | of it kept |")
    yield "|---" * (3 + 2 * len(MACHINES)) + "|"
    for name, figures in sizes.items():
        cells = [name]
        for machine in MACHINES:
            own = figures["data"]["slots"][machine]
            cells += [grouped(own), f"{own / sizes[base]['data']['slots'][machine]:.2f}" if base else ""]
        cells += [grouped(figures["data"]["state"]), grouped(figures["data"]["kept"])]
        yield f"| {' | '.join(cells)} |"


TABLES = {"range": lambda sizes: text_table(sizes, "range"), "file": lambda sizes: text_table(sizes, "file"),
          "stack": stack_table, "data": data_table}


def page(result):
    """README.md with the tables of a record."""
    told = README.read_text(encoding="utf-8")
    for name, table in TABLES.items():
        begin, end = f"<!-- sizes.py: {name} -->\n", f"<!-- sizes.py: end of {name} -->\n"
        before, _, rest = told.partition(begin)
        _, _, after = rest.partition(end)
        if not after and end not in told:
            sys.exit(f"sizes.py: {README} lacks '{begin.strip()}' or '{end.strip()}'")
        told = before + begin + "\n".join(table(result["sizes"])) + "\n" + end + after
    begin = "<!-- sizes.py: environment -->"
    said = f"{begin} Compiled by gcc {result['environment']['compiler']} with `{result['environment']['flags']}`"
    return re.sub(re.escape(begin) + ".*", lambda _: said, told)


def differences(old, new):
    for name in old["sizes"]:
        if name not in new["sizes"]:
            if name.startswith("linux:"):
                print(f"sizes: not counted here: {name}: its source is not there")
            else:
                yield f"{name}: gone"
    for name, figures in new["sizes"].items():
        if name not in old["sizes"] and name.startswith("linux:"):
            print(f"sizes: not in the record: {name}")
        elif name not in old["sizes"]:
            yield f"{name}: new"
        elif figures != old["sizes"][name]:
            for level in LEVELS:
                for part in PARTS:
                    was, now = text(old["sizes"][name], level, part), text(figures, level, part)
                    if was != now:
                        yield f"{name}: text -{level}, {part}: {was} was, {now} is"
            yield f"{name}: other figures than recorded"


# ---- for the program -----------------------------------------------------------------------------

def header(build, out):
    """Text of the range code, -O2; of the kernels what is recorded, if the compiler is that of the record."""
    settings, names, lines, why = config(build), stores(), [], ""
    try:
        if "-fstack-protector-strong" not in settings["MB_FLAGS_KFLAGS"]:
            raise Missing("not counted in a build with sanitizers")
        with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
            walk = {file: compile_ours(settings, "O2", SOURCE / "src/core" / f"{file}.c", Path(folder) / f"{file}.o",
                                       graph=False) for file in RANGE_FILES}
            found = pool.map(lambda name: compile_store(settings, "O2", name, folder, graph=False), names)
            for name, each in zip(names, found):
                sizes = nothing()
                count_store(name, each, sizes)
                count_core(walk, sizes)
                lines.append(f'\t{{ "{name}", {sum(sizes["range"].values())}, 0 }},')
        record = json.loads(RECORD.read_text(encoding="utf-8"))
        if record["environment"] == environment(settings):
            for name, figures in record["sizes"].items():
                if name.startswith("linux:"):
                    lines.append(f'\t{{ "{name}", {text(figures, "O2", "range")}, '
                                 f'{figures["data"]["slots"]["x86_64"] + figures["data"]["state"]} }},')
    except (Missing, OSError) as error:
        lines, why = [], str(error).replace('"', "'").replace("\\", "/")
    Path(out).write_text("/* Written by tests/sizes/sizes.py. */\n"
                         "static const struct bench_size bench_sizes[] = {\n" + "\n".join([*lines, "\t{ 0, 0, 0 }"])
                         + f'\n}};\n#define BENCH_SIZES_ABSENT "{why}"\n', encoding="utf-8")


def skip(why):
    print(f"sizes: nothing was counted: {why}", file=sys.stderr)
    return 1 if os.environ.get("CI") else SKIPPED


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("build")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--tables", action="store_true")
    parser.add_argument("--header")
    asked = parser.parse_args()
    if asked.header:
        header(asked.build, asked.header)
        return 0
    if asked.tables:
        README.write_text(page(json.loads(RECORD.read_text(encoding="utf-8"))), encoding="utf-8")
        return 0
    try:
        result = count(asked.build)
    except Missing as error:
        return skip(str(error))
    if asked.update:
        RECORD.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        README.write_text(page(result), encoding="utf-8")
        print(f"sizes: {len(result['sizes'])} variants and trees are the record now: results/sizes/README.md")
        return 0
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    if record["environment"] != result["environment"]:
        return skip(f"the record is of '{record['environment']['compiler']}', here it is "
                    f"'{result['environment']['compiler']}', or the flags are others: not comparable")
    lines = list(differences(record, result))
    for line in lines:
        print(f"sizes: differs: {line}; 'make sizes UPDATE=1' makes it the record")
    base = newest(result["sizes"])
    print("range code, bytes at -O2 and -Os, and against the kernel's:")
    for name, figures in result["sizes"].items():
        print(f"  {name:22}" + "".join(f"{text(figures, level, 'range'):9}" + (
            f"{text(figures, level, 'range') / text(result['sizes'][base], level, 'range'):6.2f}" if base else "")
            for level in LEVELS))
    print(f"sizes: {len(result['sizes'])} variants and trees counted, {len(lines)} differences; "
          "the tables are in results/sizes/README.md")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
