# SPDX-License-Identifier: GPL-2.0-or-later
"""Counts of the instructions that a kernel executes in memblock, until its slab allocator is up.

The kernel is an unmodified package of Debian's, booted without memblock=debug, so that it prints nothing
on its way; plugin/countinsn.c, loaded into QEMU's translator, counts. What is in the count:

  in      every instruction in a function of mm/memblock.c, what the compiler inlined into it included;
          memmove() and memcpy() while such a function waits for them, as one function, memmove
  beside  functions elsewhere that write struct pages, by themselves; what mm/memblock.c writes of them is
          in the functions of RESERVED_PAGES. Pages that threads write later come after the count's end
  out     everything else that memblock calls: zeroing, printing, page tables, the page allocator, the
          return thunk of x86. And memblock's inline functions in headers, which lie in their callers.

Counts are kept by the call under way, the function that was entered from outside, so that the
operations that a trace has can be told from questions (memblock_is_memory(), walks), which none has.
"""
import re
import shutil
import subprocess
import time
from hashlib import sha256
from pathlib import Path

import cache
from calls import CALLS
from console import Console
from failure import CHECK, ENVIRONMENT, Failure
from symbols import Symbols

PLUGIN = Path(__file__).parent / "plugin" / "countinsn.c"
# Functions of mm/memblock.c, by name; memblock_free_pages() is the page allocator's.
MEMBLOCK = re.compile(r"(__)?memblock_(?!free_pages$)\w+|__next_mem_(pfn_)?range\w*|"
                      r"reset_all_zones_managed_pages|reset_node_managed_pages|"
                      r"free_low_memory_core_early|memmap_init_reserved_pages|"
                      r"__free_(pages|reserved)_memory|should_skip_region|reserve_mem|early_memblock")
# Functions that write struct pages one by one, mm/memblock.c's own among them.
RESERVED_PAGES = re.compile(r"memmap_init_reserved_(pages|range)")
PAGES = re.compile(r"memmap_init\w*|(__)?init_(single|deferred)_page|__init_page_from_nid|"
                   r"init_reserved_page|init_unavailable_range|pageblock_migratetype_init_range|"
                   r"reserve_bootmem_region|kho_get_preserved_page")
# What moves regions, and under which names kernels and our replay have it.
MOVE = re.compile(r"(__pi_)?(__)?mem(move|cpy)(_orig)?|mb_kmemmove")
# After the slab allocator has been set up. The same name in all kernels from 6.1 to 6.12.
SLAB = "kmem_cache_init"
# What is not in a counted boot's command line: the lines that memblock would print.
UNWANTED = {"memblock=debug"}


def build(sources, name, command):
    """A program or shared object of ours in the user's cache, compiled if it is not there; its path.
    command is compiler and options, without the output."""
    compiler = shutil.which(command[0])
    if not compiler:
        package = {"gcc": "gcc"}.get(command[0], "gcc-aarch64-linux-gnu libc6-dev-arm64-cross")
        raise Failure(ENVIRONMENT, f"capture: no compiler {command[0]}; install it with: "
                      f"apt install {package}")
    text = "\n".join(command) + "\n" + compiler
    digest = sha256(text.encode() + b"".join(Path(source).read_bytes() for source in sources))
    path = cache.folder() / f"{name}-{digest.hexdigest()[:16]}"
    if cache.is_sealed(path):
        return path
    with cache.beside(path) as partial:
        done = subprocess.run([*command, "-o", str(partial)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failure(ENVIRONMENT, f"capture: cannot build {name}", done.stderr.splitlines()[:5])
        cache.seal(partial)
    return path


def plugin():
    return build([PLUGIN], "countinsn.so", ["gcc", "-std=c17", "-O2", "-fPIC", "-shared", str(PLUGIN)])


def plain(name):
    """The name in the source, without what a compiler appends: .constprop.0, .part.0, .cold."""
    return name.split(".")[0]


def functions(symbols):
    """[kind, name, start, end] of what is counted; symbols are (address, name) of code, sorted."""
    found = []
    for index, (start, name) in enumerate(symbols):
        kind = kind_of(name)
        if not kind:
            continue
        end = next((address for address, _ in symbols[index + 1:] if address > start), start)
        if end > start and not any(start == other[2] for other in found):
            found.append([kind, "memmove" if kind == "helper" else plain(name), start, end])
    return found


def kind_of(name):
    """What a function is to plugin/countinsn.c, or None."""
    if MOVE.fullmatch(name):
        return "helper"
    if MEMBLOCK.fullmatch(plain(name)):
        return "function"
    return "beside" if PAGES.fullmatch(plain(name)) else None


def ranges_text(found, start, until, after=None):
    rows = [f"{kind} {name} {first:#x} {end:#x}" for kind, name, first, end in found]
    rows += [f"after {after:#x}"] if after else []
    return "\n".join([*rows, f"from {start:#x}", f"until {until:#x}"]) + "\n"


def parse_result(text):
    """What the plugin wrote: total, and by call: how often, and the instructions by function."""
    result = {"total": 0, "resumed": 0, "calls": {}, "entered": {}, "beside": {}}
    for line in text.splitlines():
        what, *rest = line.split()
        if what in ("total", "resumed"):
            result[what] = int(rest[0])
            continue
        value = int(rest[-1])
        call = {"calls": 0, "instructions": {}}
        if what in ("entered", "beside"):
            result[what][rest[0]] = result[what].get(rest[0], 0) + value
            continue
        call = result["calls"].setdefault(rest[0], call)
        if what == "call":
            call["calls"] += value
        else:
            call["instructions"][rest[1]] = call["instructions"].get(rest[1], 0) + value
    return result


def by_function(result, calls=None):
    """Instructions by function, of those calls (all if None)."""
    total = {}
    for name, call in result["calls"].items():
        if calls is None or name in calls:
            for function, count in call["instructions"].items():
                total[function] = total.get(function, 0) + count
    return total


def without_debug(line):
    """A command line of QEMU without the kernel arguments that make memblock print."""
    line = list(line)
    at = line.index("-append") + 1
    line[at] = " ".join(word for word in line[at].split() if word not in UNWANTED)
    return line


def kernel_ranges(symbols_path, after=None):
    """(functions, where the kernel begins, the function after which slab is up, the one with which the
    count begins or None)"""
    symbols = Symbols(Path(symbols_path).read_text(encoding="latin-1").splitlines(), symbols_path)
    return (functions(symbols.code()), symbols.need("_text"), symbols.need(SLAB),
            symbols.need(after) if after else None)


def count_boot(command, package, ranges, folder, progress, timeout, begins=None):
    """Boot command with the plugin; what it counted, and the kernel's version. ranges as from
    kernel_ranges(); begins as Console has it."""
    table, out = Path(folder) / "ranges", Path(folder) / "counted"
    table.write_text(ranges_text(*ranges))
    out.unlink(missing_ok=True)
    line = [*without_debug(command), "-plugin", f"{plugin()},ranges={table},out={out}"]
    with Console(line, package, progress, timeout, begins) as console:
        while not out.exists():
            going = console.read(0.1)
            console.report(", counting")
            if not going or console.process.poll() is not None or console.failed or console.over:
                break
            console.check_time()
        if not out.exists():
            time.sleep(0.2)
        if not out.exists():
            console.check_begun()
            raise console.complain("the slab allocator was not seen to come up; do the symbols belong "
                                   "to this kernel? The end of its console:")
        result = parse_result(out.read_text())
        version = console.kernel_version()
    if not by_function(result):
        raise Failure(CHECK, "capture: no instruction of memblock was seen; do the symbols belong to "
                      "this kernel?")
    return result, version


def operations_of(calls):
    """Of the names of calls those that a trace has: what changes state."""
    return {name for name in calls if name in CALLS and not name.endswith("memblock_dump_all")}


def share(part, whole):
    return round(part / whole, 6) if whole else None


def counts_of(result, kernel, ranges):
    """What --counts writes of a boot; capture.py adds the machine."""
    operations = operations_of(result["calls"])
    found = by_function(result)
    memblock, total = sum(found.values()), result["total"]
    pages = sum(count for name, count in found.items() if RESERVED_PAGES.fullmatch(name))
    outside = sum(result["beside"].values())
    return {
        "kernel": kernel,
        "until": SLAB,
        "instructions": {
            "until_slab": total, "memblock": memblock,
            "operations": sum(by_function(result, operations).values()),
            "share": share(memblock, total),
            "range_code": memblock - pages, "range_code_share": share(memblock - pages, total),
            "struct_pages": pages + outside, "struct_pages_share": share(pages + outside, total),
        },
        "resumed": result["resumed"],
        "functions": dict(sorted(found.items(), key=lambda item: -item[1])),
        "struct_page_functions": dict(sorted(result["beside"].items(), key=lambda item: -item[1])),
        "entered": result["entered"],
        "calls": result["calls"],
        "ranges": {"from": ranges[1], "until": ranges[2], "functions": ranges[0]},
    }


def summary(counts):
    """Lines for people."""
    instructions = counts["instructions"]
    yield (f"instructions: {instructions['memblock']} in memblock, "
           f"{instructions['operations']} of them in operations; "
           f"{instructions['until_slab']} in the kernel until {counts['until']}() has returned: "
           f"{100 * instructions['share']:.2f} %")
    yield (f"of all: {100 * instructions['range_code_share']:.2f} % in memblock's code for ranges, "
           f"{100 * instructions['struct_pages_share']:.2f} % in writing struct pages "
           f"({instructions['struct_pages']}), memblock's among them")
    for name, count in list(counts["functions"].items())[:8]:
        yield f"  {count:>10}  {name}"
