# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel's table of symbols, System.map: "ADDRESS TYPE NAME", a line each, sorted."""
import bisect

from failure import ENVIRONMENT, Failure


class Symbols:
    def __init__(self, lines, source="System.map"):
        self.address = {}
        self.source = source
        code = []
        for number, line in enumerate(lines, 1):
            parts = line.split()
            if len(parts) != 3 or len(parts[1]) != 1:
                if "Not Found" in line or "ffffffffffffffff" in line or not parts:
                    continue
                raise Failure(ENVIRONMENT, f"capture: {source}:{number}: not a line of a table of "
                              f"symbols: '{line.strip()[:60]}'")
            try:
                value = int(parts[0], 16)
            except ValueError:
                raise Failure(ENVIRONMENT, f"capture: {source}:{number}: not an address: "
                              f"'{parts[0][:60]}'") from None
            self.address.setdefault(parts[2], value)
            if parts[1] in "tTwW":
                code.append((value, parts[2]))
        code.sort()
        self._starts = [value for value, _ in code]
        self._names = [name for _, name in code]
        if "memblock" not in self.address or "memblock_reserve" not in self.address:
            if "__memblock_reserve" not in self.address:
                raise Failure(ENVIRONMENT, f"capture: {source}: has no memblock; the table in an image "
                              "package is a stub, the one in the -dbg package is needed")

    def code(self):
        """(address, name) of code, sorted by address."""
        return list(zip(self._starts, self._names))

    def get(self, name):
        return self.address.get(name)

    def need(self, name):
        """The address, or a Failure."""
        if name not in self.address:
            raise Failure(ENVIRONMENT, f"capture: {self.source}: has no {name}")
        return self.address[name]

    def find(self, prefix):
        """Addresses of the symbol and of what a compiler makes of it, NAME.constprop.0 and so on."""
        return [value for name, value in self.address.items()
                if name == prefix or name.startswith(prefix + ".")]

    def where(self, address):
        """SYMBOL+OFFSET of an address in code."""
        at = bisect.bisect_right(self._starts, address) - 1
        if at < 0:
            return f"{address:#x}"
        return f"{self._names[at]}+{address - self._starts[at]:#x}"
