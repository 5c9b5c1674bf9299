# SPDX-License-Identifier: GPL-2.0-or-later
"""Figures of docs/structures.md: what a kernel's own structures would cost, measured on its own files.

    structures.py BUILD            count; say what differs from results/sizes/structures.json, which is an error
    structures.py BUILD --update   make what is counted the record, and its tables those of the page
    structures.py --tables         the tables of what is recorded, to the page only

Of 6.12 and the newest source that there is: text of lib/maple_tree.c, lib/xarray.c, lib/rbtree.c and
lib/interval_tree.c, compiled with the tools' headers of the same tree and shims/urcu.h, in the flags of sizes.py:
all of the file, and what a memblock would need of it; bytes of nodes for regions (maple_regions.c, xarray_regions.c,
which run that code); and in which order start_kernel() sets things up. Of our own captured boots, how many
reserved regions are no whole pages.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import sizes

RECORD = sizes.HERE / "structures.json"
PAGE = sizes.SOURCE / "docs" / "structures.md"
HERE = Path(__file__).resolve().parent
WANTED = ["lib/maple_tree.c", "lib/xarray.c", "lib/rbtree.c", "lib/interval_tree.c", "lib/radix-tree.h",
          "include/linux", "tools/include", "tools/lib", "tools/arch/x86/include", "tools/testing/shared",
          "tools/testing/radix-tree", "init/main.c", "mm/mm_init.c", "arch/x86/mm/init_64.c"]
# What a memblock would call; all else of the file is left out in the second figure.
CALLED = {
    "maple_tree": ["mas_store_gfp", "mas_erase", "mas_walk", "mas_find", "mas_find_rev", "mas_empty_area",
                   "mas_empty_area_rev", "maple_tree_init"],
    "xarray": ["xa_store_range", "xa_load", "xa_find", "xa_find_after"],
    "rbtree": ["__rb_insert_augmented", "__rb_erase_color", "rb_next", "rb_prev"],
    "interval_tree": ["interval_tree_insert", "interval_tree_remove", "interval_tree_iter_first",
                      "interval_tree_iter_next"],
}
COUNTS = (128, 1024, 100000)
XARRAY = ((128, 4), (1024, 64))  # regions, GiB
# What start_kernel() calls, in its order, through the function that it calls for it.
BOOT = ("setup_arch", "memblock_free_all", "kmem_cache_init", "maple_tree_init", "radix_tree_init", "rcu_init")
GIB = (4, 64, 1024, 65536)


def unpack(source, folder):
    """What is wanted of a tree or a tarball."""
    source = Path(source)
    if source.is_dir():
        return source
    root = re.sub(r"\.tar.*", "", source.name)
    subprocess.run(["tar", "--warning=none", "-xf", source, "-C", folder, "--strip-components=1",
                    *(f"{root}/{name}" for name in [*WANTED, "Makefile"])], capture_output=True, check=False)
    if not (folder / "lib" / "maple_tree.c").exists():
        raise sizes.Missing(f"no lib/maple_tree.c in '{source}'")
    return folder


def release(tree):
    found = re.findall(r"^(?:VERSION|PATCHLEVEL) = (\d+)", (tree / "Makefile").read_text(), re.M)
    return ".".join(found)


def stubs(tree, folder):
    """Headers that the tools generate, or lack."""
    (folder / "generated").mkdir(parents=True)
    (folder / "linux").mkdir()
    (folder / "generated" / "map-shift.h").write_text("")
    (folder / "generated" / "bit-length.h").write_text("#define CONFIG_PHYS_ADDR_T_64BIT 1\n")
    (folder / "generated" / "autoconf.h").write_text('#include "bit-length.h"\n#define CONFIG_XARRAY_MULTI 1\n')
    for name in ("interval_tree.h", "interval_tree_generic.h"):
        (folder / "linux" / name).write_text(f'#include "{tree}/include/linux/{name}"\n')
    for name, text in (("rbtree", ""), ("interval_tree", "")):
        (folder / f"{name}_regions.c").write_text(f'{text}#include "lib/{name}.c"\n')


def words(tree, folder):
    found = ["-w", "-D_LGPL_SOURCE", "-DCONFIG_64BIT=1", "-DCONFIG_XARRAY_MULTI=1", "-Dscnprintf=snprintf"]
    if "kmem_cache_prefill_sheaf" in (tree / "tools/include/linux/slab.h").read_text():
        found.append("-DHAS_SHEAVES")
    for include in (folder, HERE / "shims", tree / "tools/testing/shared", tree / "tools/include",
                    tree / "tools/arch/x86/include", tree / "lib", tree):
        found += ["-I", include]
    return found


def text_of(settings, tree, folder, name):
    """{level: [bytes of the file, of what is called]}"""
    source = HERE / f"{name.removesuffix('_tree')}_regions.c"
    if not source.exists():
        source = folder / f"{name}_regions.c"
    figures = {}
    for level in sizes.LEVELS:
        out = folder / f"{name}-{level}.o"
        sizes.output(settings["MB_CC"], *sizes.flags(settings, level), *words(tree, folder), "-fcallgraph-info",
                     "-c", "-o", out, source)
        found = sizes.Object(out)
        graph = re.findall(rf'label: "(\w+)[^"]*/lib/{name}\.c:', out.with_suffix(".ci").read_text())
        inside, needed = {sizes.plain(function) for function in graph}, found.leads_to(CALLED[name])
        if missing := set(CALLED[name]) - inside:
            raise sizes.Missing(f"lib/{name}.c has no {', '.join(sorted(missing))}")
        own = [(function, size) for function, size, _ in found.functions if function in inside]
        figures[level] = [sum(size for _, size in own), sum(size for function, size in own if function in needed)]
    return figures


def run(settings, tree, folder, name, *arguments):
    program = folder / name
    if not program.exists():
        sizes.output(settings["MB_CC"], "-O2", *words(tree, folder), "-o", program, HERE / f"{name}.c",
                     *(tree / "tools/lib" / f"{each}.c" for each in ("bitmap", "find_bit", "hweight")))
    return [int(word) for word in sizes.output(program, *arguments).split()]


def order(tree):
    """The calls of BOOT in the order in which start_kernel() makes them; x86's mem_init() is looked into."""
    def body(path, function):
        text = (tree / path).read_text()
        found = re.search(rf"^[^\n;{{}}]*\b{function}\([^;{{}}]*\)\s*\{{(.*?)^\}}", text, re.M | re.S)
        return re.sub(r"/\*.*?\*/", "", found[1], flags=re.S) if found else ""

    text = body("init/main.c", "start_kernel")
    for path, function in (("mm/mm_init.c", "mm_core_init"), ("arch/x86/mm/init_64.c", "mem_init")):
        text = re.sub(rf"\b{function}\(\);", lambda _, path=path, name=function: body(path, name) or f"{name}();", text)
    found = [(at.start(), name) for name in BOOT if (at := re.search(rf"\b{name}\(", text))]
    return [name for _, name in sorted(found)]


def uneven():
    """[reserved regions whose base or size is no multiple of a page, all, boots]: of the last dump of each boot."""
    counts = [0, 0, 0]
    for path in sorted((sizes.SOURCE / "workloads" / "captured").glob("*.trace.zst")):
        text = sizes.output("zstd", "-dcq", path)
        page = int(re.search(r"page_size=(\d+)", text)[1])
        dump = text.rpartition("\ndump")[2].partition("\nend")[0] if "\ndump" in text else ""
        found = [int(base, 16) % page or int(size, 16) % page
                 for base, size in re.findall(r"^ reserved (\w+) (\w+)", dump, re.M)]
        counts = [counts[0] + sum(map(bool, found)), counts[1] + len(found), counts[2] + bool(found)]
    return counts


def count(build):
    settings = sizes.config(build)
    if settings["MB_COMPILER_ID"] != "GNU":
        raise sizes.Missing("counted with gcc")
    result = {"environment": sizes.environment(settings), "uneven": uneven(), "trees": {}}
    for source in sizes.kernels()[:2]:
        with tempfile.TemporaryDirectory() as place:
            tree, folder = Path(place) / "tree", Path(place) / "stubs"
            tree.mkdir()
            tree = unpack(source, tree)
            stubs(tree, folder)
            figures = {"boot": order(tree), "text": {}, "maple": {}, "xarray": {}}
            for name in CALLED:
                figures["text"][name] = text_of(settings, tree, folder, name)
            for n in COUNTS:
                figures["maple"][str(n)] = run(settings, tree, folder, "maple_regions", n)
            for n, gib in XARRAY:
                figures["xarray"][str(n)] = run(settings, tree, folder, "xarray_regions", n, gib << 18)
            result["trees"][release(tree)] = figures
    return result


# ---- the page ------------------------------------------------------------------------------------

def grouped(number):
    return f"{number:,}".replace(",", " ")


def text_table(record):
    yield ("| file | " + " | ".join(f"{tree}, -O2: all | what would be called | -Os: all | what would be called"
                                    for tree in record["trees"]) + " |")
    yield "|---" * (1 + 4 * len(record["trees"])) + "|"
    for name in CALLED:
        cells = [grouped(number) for figures in record["trees"].values() for level in sizes.LEVELS
                 for number in figures["text"][name][level]]
        yield f"| lib/{name}.c | {' | '.join(cells)} |"


def node_table(record):
    yield "| tree | structure | regions | bytes of a node | nodes | bytes a region | nodes asked for, per insert | the most in one |"
    yield "|---|---|---|---|---|---|---|---|"
    for tree, figures in record["trees"].items():
        for n, (node, nodes, asked, most, _) in figures["maple"].items():
            yield (f"| {tree} | maple tree | {grouped(int(n))} | {node} | {grouped(nodes)} | {node * nodes / int(n):.0f} | "
                   f"{asked / int(n):.1f} | {most} |")
        for n, (node, nodes, _) in figures["xarray"].items():
            gib = dict(XARRAY)[int(n)]
            yield (f"| {tree} | xarray, by page, {gib} GiB | {grouped(int(n))} | {node} | {grouped(nodes)} | "
                   f"{grouped(round(node * nodes / int(n)))} | | |")


def bitmap_table(_):
    yield "| addresses up to | " + " | ".join(f"{gib} GiB" if gib < 1024 else f"{gib >> 10} TiB" for gib in GIB) + " |"
    yield "|---" * (1 + len(GIB)) + "|"
    for pages, what in ((1, "one bitmap, pages of 4 KiB"), (2, "two: memory, reserved")):
        kib = [pages * (gib << 30) // 4096 // 8 >> 10 for gib in GIB]
        yield f"| {what} | " + " | ".join(f"{k} KiB" if k < 1024 else f"{grouped(k >> 10)} MiB" for k in kib) + " |"


def boot_table(record):
    yield "| tree | order in `start_kernel()` |"
    yield "|---|---|"
    for tree, figures in record["trees"].items():
        yield f"| {tree} | {' → '.join(f'`{name}`' for name in figures['boot'])} |"


def uneven_table(record):
    odd, regions, boots = record["uneven"]
    yield (f"Of {grouped(regions)} reserved regions in the last dumps of {boots} captured boots, {grouped(odd)} "
           f"({100 * odd / regions:.0f} %) begin or end inside a page.")


TABLES = {"boot": boot_table, "text": text_table, "nodes": node_table, "bitmaps": bitmap_table, "uneven": uneven_table}


def page(record):
    told = PAGE.read_text(encoding="utf-8")
    for name, table in TABLES.items():
        begin, end = f"<!-- structures.py: {name} -->\n", f"<!-- structures.py: end of {name} -->\n"
        before, _, rest = told.partition(begin)
        if end not in rest:
            sys.exit(f"structures.py: {PAGE} lacks '{begin.strip()}' or '{end.strip()}'")
        told = before + begin + "\n".join(table(record)) + "\n" + end + rest.partition(end)[2]
    return told


def main(arguments):
    if arguments == ["--tables"]:
        PAGE.write_text(page(json.loads(RECORD.read_text(encoding="utf-8"))), encoding="utf-8")
        return 0
    if not arguments or arguments[1:] not in ([], ["--update"]):
        sys.exit(__doc__)
    try:
        result = count(arguments[0])
    except sizes.Missing as error:
        return sizes.skip(str(error))
    if arguments[1:]:
        RECORD.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        PAGE.write_text(page(result), encoding="utf-8")
        return 0
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    if record["environment"] != result["environment"]:
        return sizes.skip("another compiler than that of the record: not comparable")
    same = {tree: figures == record["trees"][tree] for tree, figures in result["trees"].items() if tree in record["trees"]}
    for tree, holds in same.items():
        print(f"structures: {tree}: {'as recorded' if holds else 'differs; --update makes it the record'}")
    return 0 if same and all(same.values()) and result["uneven"] == record["uneven"] else 1


if __name__ == "__main__":
    os.environ.pop("MBL_FORM", None)
    sys.exit(main(sys.argv[1:]))
