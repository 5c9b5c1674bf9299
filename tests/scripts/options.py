# SPDX-License-Identifier: GPL-2.0-or-later
"""Options in documents: every one that README.md, CONTRIBUTING.md and docs name is in a table of the program."""
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

SOURCE = Path(os.environ.get("MB_SOURCE_DIR", Path(__file__).resolve().parents[2]))
BENCH = os.environ.get("MEMBLOCK_BENCH", str(SOURCE / "build" / "memblock-bench"))
PAGES = "README.md", "CONTRIBUTING.md", "docs/*.md", "variants/*/README.md", "results/baseline/README.md"
# Of other programs: scripts of ours, cmake, ctest.
OTHERS = {"--bench", "--case", "--fetch", "--forget", "--functions", "--install", "--new", "--output-on-failure", "--page", "--prefix",
          "--test-dir", "--setting", "--tree", "--write"}
EVERYWHERE = {"-h", "--help"}


def read_tables():
    """{command: its options}, from the completion, which is made of the tables."""
    text = subprocess.run([BENCH, "help", "--bash"], check=True, capture_output=True, text=True).stdout
    text = text[:text.index("_memblock_bench_values()")]
    return {command: {word.rstrip("=") for word in words.split()} | EVERYWHERE
            for command, words in re.findall(r"(?m)^\t(\w+)\) echo '(.*)' ;;$", text)}


def find_unknown(text, tables):
    """(line number, word) of each command and option in @text that is in no table."""
    known = OTHERS.union({"--version"}, *tables.values())
    # What follows the name of the program and of a command, to the end of the code.
    use = re.compile(r"(?:^|[\s`'(])(?:build/)?memblock-bench ([a-z]\w*)\b([^`|;)\n]*)")
    for number, line in enumerate(text.splitlines(), 1):
        for match in use.finditer(line):
            code = match[0].startswith("`") or re.match(r"\s{4}|build/|memblock-bench", line)
            command, rest = match.groups()
            if command in tables:
                options = re.findall(r"(?<![\w-])--?[a-z][a-z-]*", rest.split(" #")[0])
                yield from ((number, word) for word in options if word not in tables[command])
            elif code:
                yield number, command
        for word in re.findall(r"(?<![\w-])--[a-z][a-z-]*", line):
            if word not in known:
                yield number, word


class Options(unittest.TestCase):
    def setUp(self):
        self.tables = read_tables()

    def test_tables_are_read(self):
        self.assertIn("--rounds", self.tables["replay"])
        self.assertIn("-o", self.tables["import"])
        self.assertGreater(len(self.tables), 8)

    def test_documents_name_options_that_there_are(self):
        for pattern in PAGES:
            pages = sorted(SOURCE.glob(pattern))
            self.assertTrue(pages, pattern)
            for page in pages:
                with self.subTest(page=page.relative_to(SOURCE)):
                    self.assertEqual(list(find_unknown(page.read_text("utf-8"), self.tables)), [])

    def test_what_there_is_not_is_found(self):
        for text, unknown in (("`memblock-bench run --check`", "--check"),  # an option of replay
                              ("    memblock-bench list variants --rounds=1", "--rounds"),
                              ("build/memblock-bench rnu --quick", "rnu"),
                              ("as `--nosuch=1` says", "--nosuch"),
                              ("memblock-bench gen churn -x f", "-x")):
            with self.subTest(text=text):
                self.assertIn((2, unknown), list(find_unknown("first\n" + text, self.tables)))
        self.assertEqual(list(find_unknown("memblock-bench replay boot.log --check -h # --all", self.tables)), [])


if __name__ == "__main__":
    sys.exit(unittest.main())
