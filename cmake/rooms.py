#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The rooms of the house: which folder may use which (cmake/rooms.txt), held against the code.

    rooms.py check OBJECTS     includes of the tree, and calls between the objects of a build folder
    rooms.py arrows OBJECTS    what the code uses today, in the form of the table
    rooms.py picture           draws the table to docs/rooms.svg (needs dot, of the package graphviz)

`check` prints a line for each fault, FILE:LINE first, and has status 1 if there is one:

  include   of a room that the table does not allow, of a header that is not its room's door, of another
            variant's file, of a file that is not there, or without the room's path
  call      of a function or variable in a room that the table does not allow (what is linked, so also what
            a declaration of one's own would hide)
  circle    of files that call each other, of headers that include each other, or of rooms in the table
  order     a step of include/memblock/impl/ that is declared before it is defined: each uses only those
            above it
  table     a door that is not there, an arrow that nothing uses, a source file that was not compiled
  picture   docs/rooms.svg was not drawn from this table

Calls through tables of functions and what a header inlines are not calls of the linker's: of the latter
the include is seen.
"""
import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

TABLE = "cmake/rooms.txt"
PICTURE = "docs/rooms.svg"
FOLDERS = ("src", "bench", "variants", "include")  # what is checked, and where includes are looked for
PATHS = ("src", "bench", "include", ".")  # those that the build looks in
INCLUDE = re.compile(r'^[ \t]*#(?:[ \t]|\\\n)*include\b(?:[ \t]|\\\n)*("[^"\n]*"|<[^>\n]*>|\S+)', re.M)
# Comments; and what may hold their signs: strings and characters.
COMMENT = re.compile(r'''/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+\'''', re.S)
OBJECT = re.compile(r"\.dir/(?:.*/)?((?:src|bench|variants)/.*)\.o$")


class Room:
    """A folder; what it holds, its doors, and the rooms that it may use."""

    def __init__(self, folder, line):
        self.folder, self.line = folder, line
        self.holds, self.doors, self.uses = "", [], []


class House:
    def __init__(self, root):
        self.root = root
        self.rooms, self.generated, self.faults = {}, [], []
        self.read_table()

    def fault(self, where, line, text):
        self.faults.append(f"{where}:{line}: {text}")

    # ---- the table ------------------------------------------------------------------------------

    def read_table(self):
        room = None
        for number, text in enumerate((self.root / TABLE).read_text().splitlines(), 1):
            words = text.split("#")[0].split()
            if not words:
                continue
            word, rest = words[0], words[1:]
            if word == "room" and len(rest) == 1 and rest[0] not in self.rooms:
                room = self.rooms[rest[0]] = Room(rest[0], number)
            elif word == "holds" and room:
                room.holds = " ".join(rest)
            elif word == "doors" and room:
                room.doors += rest
            elif word == "uses" and room:
                room.uses += rest
            elif word == "generated":
                self.generated += rest
            else:
                sys.exit(f"{TABLE}:{number}: not a line of the table: '{text}'; "
                         "room FOLDER, holds, doors, uses, or generated")
        for room in self.rooms.values():
            for other in room.uses:
                if other not in self.rooms:
                    self.fault(TABLE, room.line, f"{room.folder} uses {other}, which is no room")
            if not (self.root / room.folder).is_dir():
                self.fault(TABLE, room.line, f"there is no folder {room.folder}")
            for door in room.doors:
                if not any((self.root / path).is_file() for path in (door, f"{room.folder}/{door}")):
                    self.fault(TABLE, room.line, f"the door {door} of {room.folder} is not there")

    def room_of(self, path):
        """The room of a file: a public header is in the room whose door it is."""
        for room in self.rooms.values():
            if path in room.doors:
                return room
        parts = path.split("/")
        for length in range(len(parts) - 1, 0, -1):
            if "/".join(parts[:length]) in self.rooms:
                return self.rooms["/".join(parts[:length])]
        return None

    def is_door(self, path, room):
        return path in room.doors or (path.startswith(room.folder + "/") and
                                      path[len(room.folder) + 1:] in room.doors)

    # ---- includes -------------------------------------------------------------------------------

    def sources(self):
        for folder in FOLDERS:
            for path in sorted((self.root / folder).rglob("*")):
                if path.suffix in (".c", ".h", ".cc", ".def", ".inc") and "shims" not in path.parts:
                    yield path.relative_to(self.root).as_posix()

    def code(self, source):
        """A file's text, with blanks for comments and the lines where they are."""
        text = (self.root / source).read_text(encoding="utf-8", errors="replace")
        return COMMENT.sub(lambda m: m.group() if m.group()[0] != "/" else
                           "\n" * m.group().count("\n") + " ", text)

    def find(self, name, beside):
        """The file of ours that an include means, as the compiler looks for it; None: none."""
        for folder in ([beside] if beside else []) + list(PATHS):
            path = os.path.normpath(os.path.join(folder, name))
            if (self.root / path).is_file():
                return path
        return None

    def includes(self):
        """(file, line, name, file that is included or None) of every include but the system's."""
        for source in self.sources():
            text = self.code(source)
            for match in INCLUDE.finditer(text):
                quoted, name = match.group(1)[0] == '"', match.group(1).strip('"<>')
                target = self.find(name, os.path.dirname(source) if quoted else None)
                if target or match.group(1)[0] != "<" or name.startswith("memblock/"):
                    yield source, text.count("\n", 0, match.start()) + 1, name, target

    def check_include(self, source, line, name, target):
        room = self.room_of(source)
        # A variant knows only its own folder, not where that is; linux is compiled with another tree's files.
        folder = "/".join(source.split("/")[:2])
        own = source.startswith("variants/") and "/" not in name
        if room is None:
            return  # said once for the file
        if target is None:
            if name not in self.generated and not (own and folder == "variants/linux"):
                self.fault(source, line, f"'{name}' is not there")
        elif source.startswith("variants/") and target.startswith("variants/") and \
                not target.startswith(folder + "/"):
            self.fault(source, line, f"'{name}': a variant may not include another's file")
        elif name != re.sub("^(src|bench|include)/", "", target) and not own:
            self.fault(source, line, f"'{name}' without the path of its room: {target}")
        else:
            other = self.room_of(target)
            if other is room:
                return
            if other is None or other.folder not in room.uses:
                self.fault(source, line, f"{room.folder} may not include '{name}' of "
                           f"{other.folder if other else 'no room'} ({TABLE}:{room.line})")
            elif not self.is_door(target, other):
                self.fault(source, line, f"'{name}' is not a door of {other.folder} "
                           f"({TABLE}:{other.line})")

    # ---- calls ----------------------------------------------------------------------------------

    @staticmethod
    def outputs(objects):
        """The objects that the build makes, not those that an older one left."""
        commands = objects / "compile_commands.json"
        if not commands.is_file():
            return sorted(objects.rglob("*.o"))
        paths = [Path(c["directory"], re.search(r" -o (\S+)", c["command"]).group(1))
                 for c in json.loads(commands.read_text(encoding="utf-8"))]
        return sorted(path for path in paths if path.is_file())

    def calls(self, objects):
        """{(caller, callee): symbols} between the source files of a build's objects."""
        defined, wanted, self.objects = {}, defaultdict(set), {}
        for path in self.outputs(objects):
            match = OBJECT.search(path.as_posix())
            if not match or not (self.root / match.group(1)).is_file():
                continue
            source = match.group(1)
            self.objects[source] = path
            for text in nm(path):
                kind, symbol = text.split()[-2:]
                if kind in "Uw":
                    wanted[source].add(symbol)
                elif kind.isupper():
                    defined[symbol] = source
        if not self.objects:
            sys.exit(f"rooms.py: no objects of this tree below {objects}")
        for source in self.sources():
            if source.startswith(("src/", "bench/")) and source.endswith((".c", ".cc")) and \
                    source not in self.objects:
                self.fault(source, 1, f"no object of it below {objects}: its calls were not seen")
        found = defaultdict(list)
        for source, symbols in wanted.items():
            for symbol in sorted(symbols):
                if defined.get(symbol, source) != source:
                    found[source, defined[symbol]].append(symbol)
        return found

    def line_of(self, source, symbol):
        """Where an object uses a symbol, by its line numbers; else where the source first has the word."""
        for text in nm(self.objects[source], "-l", "-u"):
            words = text.split("\t")
            if words[0].split()[-1:] == [symbol] and len(words) > 1:
                place, _, line = words[1].rpartition(":")
                if place.endswith(source):
                    return line
        for number, text in enumerate((self.root / source).read_text().splitlines(), 1):
            if re.search(rf"\b{re.escape(symbol)}\b", text):
                return number
        return 1

    def check_calls(self, calls):
        for (source, target), symbols in sorted(calls.items()):
            room, other = self.room_of(source), self.room_of(target)
            own, its = source.split("/")[:2], target.split("/")[:2]
            if own[0] == its[0] == "variants" and own != its:
                allowed = False  # a variant knows only its own folder
            else:
                allowed = not room or not other or other is room or other.folder in room.uses
            for symbol in symbols if not allowed else ():
                self.fault(source, self.line_of(source, symbol), f"{room.folder} may not call "
                           f"{symbol}() of {target} ({TABLE}:{room.line})")

    def used(self, calls):
        """{room: rooms that its files include or call}."""
        uses = defaultdict(set)
        for a, b in [(a, b) for a, _, _, b in self.includes() if b] + list(calls):
            one, other = self.room_of(a), self.room_of(b)
            if one and other and one is not other:
                uses[one.folder].add(other.folder)
        return uses

    def check_uses(self, calls):
        uses = self.used(calls)
        for room in self.rooms.values():
            for other in room.uses:
                if other not in uses[room.folder]:
                    self.fault(TABLE, room.line, f"nothing in {room.folder} uses {other} any more")

    # ---- circles --------------------------------------------------------------------------------

    def check_circles(self, calls):
        for circle in circles((a, b) for a, b in calls if not a.startswith("variants/")):
            names = [f"{a} calls {calls[a, b][0]}() of {b}" for a in circle for b in circle
                     if (a, b) in calls]
            self.fault(circle[0], 1, f"{len(circle)} files call each other: " + "; ".join(names))
        headers = [(a, b) for a, _, _, b in self.includes() if b and a.endswith(".h")]
        for circle in circles(headers):
            self.fault(circle[0], 1, "headers include each other: " + ", ".join(circle))
        for circle in circles((r.folder, u) for r in self.rooms.values() for u in r.uses):
            self.fault(TABLE, self.rooms[circle[0]].line, "rooms use each other: " + ", ".join(circle))

    def check_order(self):
        """A static function of a step's file that ends in a semicolon is declared ahead."""
        for path in sorted((self.root / "include/memblock/impl").glob("*.h")):
            source = path.relative_to(self.root).as_posix()
            text = self.code(source)
            for match in re.finditer(r"^(?:static|inline|EITHER_DIRECTION)\b[^;{}=#()]*\b\w+\([^;{}()]*\)\s*;",
                                     text, re.M):
                line = text.count("\n", 0, match.start()) + 1
                self.fault(source, line,
                           "declared ahead: a step uses only those above it (variant_impl.h)")

    # ---- the picture ----------------------------------------------------------------------------

    def digest(self):
        return hashlib.sha256((self.root / TABLE).read_bytes()).hexdigest()

    def check_picture(self):
        picture = self.root / PICTURE
        if not picture.is_file() or self.digest() not in picture.read_text():
            self.fault(PICTURE, 1, f"not drawn from this {TABLE}; python3 cmake/rooms.py picture")

    def graph(self):
        """The table in the language of dot. Arrows that follow from others are left out, and so is main.c,
        which uses every command."""
        groups = {"commands": [], "bench": [], "src": [], "variants": [], "include": []}
        shown = [room for room in self.rooms.values() if room.folder != "bench"]
        for room in shown:
            top = room.folder.split("/")[0]
            command = any(door.startswith("cmd_") for door in room.doors)
            groups["commands" if command else top].append(room)
        titles = {"commands": "bench/: a room for each command", "bench": "bench/: what they share",
                  "src": "src/: the library", "variants": "variants/", "include": "include/"}
        lines = ["digraph rooms {", 'rankdir=TB; ranksep=0.5; nodesep=0.18; newrank=true;',
                 'fontname="Helvetica"; fontsize=15; labeljust=l; bgcolor=white;',
                 'node [shape=box, style="filled,rounded", fillcolor=white, color="#52616b",'
                 ' fontname="Helvetica", fontsize=12, margin="0.10,0.06"];',
                 'edge [arrowsize=0.6];']
        colours = {"commands": ("#e8f1fa", "#5b86b0"), "bench": ("#eef6ec", "#62915a"),
                   "src": ("#fdf3e4", "#c08a3e"), "variants": ("#f5ecf7", "#94629f"),
                   "include": ("#f1f1f1", "#777777")}  # of a group, and of the arrows that leave it
        arrow = {}
        for group, rooms in groups.items():
            if not rooms:
                continue
            lines.append(f'subgraph cluster_{group} {{ label="{titles[group]}"; style=filled; '
                         f'color="{colours[group][0]}"; margin=12;')
            for room in rooms:
                name = room.folder.partition("/")[2] or f"{room.folder}/"
                arrow[room.folder] = colours[group][1]
                words = wrapped(room.holds, 26)
                lines.append(f'"{room.folder}" [label=<<b>{name}</b><br/><font point-size="10">'
                             f'{"<br/>".join(words)}</font>>];')
            lines.append("}")
        lines += [f'"{a}" -> "{b}" [color="{arrow[a]}"];' for a, b in self.needed_arrows(shown)]
        return "\n".join(lines + ["}"])

    def needed_arrows(self, rooms):
        uses = {room.folder: set(room.uses) for room in rooms}

        def reached(start):
            seen, todo = set(), [start]
            while todo:
                for other in uses[todo.pop()] - seen:
                    seen.add(other)
                    todo.append(other)
            return seen

        below = {folder: reached(folder) for folder in uses}
        for a in uses:
            for b in sorted(uses[a]):
                if not any(b in below[c] for c in uses[a] if c != b):
                    yield a, b

    def draw(self):
        try:
            done = subprocess.run(["dot", "-Tsvg"], input=self.graph(), text=True, check=True,
                                  stdout=subprocess.PIPE)
        except FileNotFoundError:
            sys.exit("rooms.py: no dot; install it with: apt install graphviz")
        head, _, rest = done.stdout.partition("<svg")
        picture = self.root / PICTURE
        picture.write_text(f"{head}<!-- Drawn by cmake/rooms.py from {TABLE}, sha256 {self.digest()} -->\n"
                           f"<svg{rest}")
        print(f"{PICTURE}: {len(self.rooms)} rooms")


def nm(path, *options):
    try:
        done = subprocess.run(["nm", *options, str(path)], capture_output=True, text=True, check=True)
    except FileNotFoundError:
        sys.exit("rooms.py: no nm; install it with: apt install binutils")
    return [text for text in done.stdout.splitlines() if len(text.split()) >= 2]


def wrapped(text, width):
    lines = [""]
    for word in text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return lines


def circles(arrows):
    """The strongly connected sets of more than one node (Tarjan, 1972), each sorted."""
    after = defaultdict(set)
    for a, b in arrows:
        after[a].add(b)
    number, low, stack, found = {}, {}, [], []

    def visit(node):
        number[node] = low[node] = len(number)
        stack.append(node)
        for other in sorted(after.get(node, ())):
            if other not in number:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], number[other])
        if low[node] == number[node]:
            at = stack.index(node)
            if len(stack) - at > 1:
                found.append(sorted(stack[at:]))
            del stack[at:]

    for node in sorted(after):
        if node not in number:
            visit(node)
    return found


def check(house, objects):
    for source in house.sources():
        if house.room_of(source) is None:
            house.fault(source, 1, f"no room of {TABLE} holds this file")
    for include in house.includes():
        house.check_include(*include)
    calls = house.calls(objects)
    house.check_calls(calls)
    house.check_uses(calls)
    house.check_circles(calls)
    house.check_order()
    house.check_picture()
    for fault in house.faults:
        print(fault, file=sys.stderr)
    return bool(house.faults)


def arrows(house, objects):
    uses = house.used(house.calls(objects))
    for folder in house.rooms:
        print(f"room {folder}\n\tuses {' '.join(sorted(uses[folder]))}")
    return 0


def main():
    parser = argparse.ArgumentParser(usage="rooms.py check|arrows OBJECTS, or rooms.py picture")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("what", choices=("check", "arrows", "picture"))
    parser.add_argument("objects", type=Path, nargs="?")
    options = parser.parse_args()
    house = House(options.root)
    if options.what == "picture":
        return house.draw()
    if options.objects is None:
        parser.error("a build folder is wanted")
    return (check if options.what == "check" else arrows)(house, options.objects)


if __name__ == "__main__":
    sys.exit(main())
