# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernel sources: which the newest is, to workloads/capture/newest.py and to the program; how it is fetched from
suites of packages that are made here, with a release candidate among them; and what is said without a network."""
import contextlib
import fcntl
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

SOURCE = Path(os.environ.get("MB_SOURCE_DIR", Path(__file__).resolve().parents[2]))
BENCH = os.environ.get("MEMBLOCK_BENCH", str(SOURCE / "build" / "memblock-bench"))
sys.path.insert(0, str(SOURCE / "workloads" / "capture"))

import cache  # noqa: E402  (the path comes first)
import debian  # noqa: E402
import newest  # noqa: E402
from failure import ENVIRONMENT, USAGE, Failure, Progress  # noqa: E402

QUIET = Progress(io.StringIO())

# apt, as far as it is asked: packages and their versions are in $TOP/packages, what is asked in $TOP/asked.
APT = {
    "dpkg": "echo amd64",
    "apt-get": """echo "$*" >>$TOP/asked
case $* in
*indextargets*) echo 'Debian|http://archive.example/debian/|bookworm|main' ;;
*\\ download\\ *) for last; do :; done; name=${last%%=*}
    mkdir -p $TOP/deb/DEBIAN $TOP/deb/usr/src
    printf 'Package: x\\nVersion: 1\\nArchitecture: all\\nMaintainer: x <x@x>\\nDescription: x\\n' >$TOP/deb/DEBIAN/control
    echo "${last#*=}" >$TOP/deb/usr/src/$name.tar.xz
    dpkg-deb -b $TOP/deb $name.deb >/dev/null; rm -r $TOP/deb ;;
*) echo 'Err: no' ;;
esac""",
    "apt-cache": """echo "$*" >>$TOP/asked
case $* in
*\\ search\\ *) sed 's/ .*/ - text/' $TOP/packages ;;
*) for last; do :; done; sed -n "s/^$last \\(.*\\)/Version: \\1\\nSize: 3000000/p" $TOP/packages ;;
esac""",
}


# The program, with another folder in the place of /usr/src.
ELSEWHERE = """
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *moved(const char *path, char *room)
{
	if (strncmp(path, "/usr/src", 8) != 0 || !strstr(program_invocation_short_name, "memblock-bench"))
		return path;
	snprintf(room, 4096, "%s%s", getenv("INSTALLED"), path + 8);
	return room;
}

#define MOVED(type, name, parameters, ...)                                  \\
	type name parameters                                                 \\
	{                                                                    \\
		char room[4096];                                             \\
		type(*next) parameters = (type(*) parameters)dlsym(RTLD_NEXT, #name); \\
		return next(moved(path, room), ##__VA_ARGS__);               \\
	}
MOVED(int, stat, (const char *path, struct stat *st), st)
MOVED(int, stat64, (const char *path, struct stat64 *st), st)
MOVED(DIR *, opendir, (const char *path))
MOVED(FILE *, fopen, (const char *path, const char *mode), mode)
MOVED(FILE *, fopen64, (const char *path, const char *mode), mode)
MOVED(ssize_t, readlink, (const char *path, char *to, size_t size), to, size)
"""


class Sources(unittest.TestCase):
    def setUp(self):
        self.top = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.top)
        self.kept = self.top / "memblock-bench" / "sources"
        self.kept.mkdir(parents=True)
        (self.top / "installed").mkdir()
        (self.top / "bin").mkdir()
        for name, text in APT.items():
            (self.top / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
            (self.top / "bin" / name).chmod(0o755)
        environment = {"XDG_CACHE_HOME": str(self.top), "TOP": str(self.top),
                       "PATH": f"{self.top}/bin:/bin:/usr/bin"}
        for patch in (mock.patch.dict(os.environ, environment),
                      mock.patch.object(newest, "INSTALLED", self.top / "installed")):
            patch.start()
            self.addCleanup(patch.stop)

    def packages(self, *lines):
        (self.top / "packages").write_text("".join(line + "\n" for line in lines))

    def tree(self, path, version="7.3", extra=""):
        (path / "mm").mkdir(parents=True)
        (path / "mm" / "memblock.c").write_text("")
        major, minor = version.split(".")
        (path / "Makefile").write_text(f"VERSION = {major}\nPATCHLEVEL = {minor}\nEXTRAVERSION ={extra}\n")
        return path

    def fetched(self, version):
        release = re.match(r"[0-9]+\.[0-9]+", version)[0]
        folder = self.kept / f"linux-source-{release}_{version}"
        folder.mkdir()
        with cache.beside(folder / f"linux-source-{release}.tar.xz", noted=True) as file:
            file.write_text(version)
        return folder / f"linux-source-{release}.tar.xz"

    def entries(self):
        return [path.name for path in self.kept.iterdir() if path.name != "lock"]

    def main(self, *arguments):
        """(status, the lines it says)"""
        with contextlib.redirect_stderr(io.StringIO()) as said, contextlib.redirect_stdout(io.StringIO()):
            status = newest.main(list(arguments))
        return status, said.getvalue().splitlines()

    def prints(self, *arguments):
        """The lines on standard output."""
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self.assertEqual(newest.main(list(arguments)), 0)
        return said.getvalue().splitlines()

    def asked(self):
        file = self.top / "asked"
        return file.read_text() if file.exists() else ""

    def program_takes(self, version="newest"):
        """The path that the program takes: the source is none, and it says so."""
        done = subprocess.run([BENCH, "replay", f"--variants=linux:version={version}", "--rounds=0",
                               SOURCE / "workloads/captured/x86_64-6.12-cloud-4G-2node.trace.zst"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.said = done.stderr
        return re.search(r"'([^']*/linux-source-[^']*)'", done.stderr.splitlines()[-1])[1]

    def elsewhere(self):
        """What makes the program look into another folder than /usr/src."""
        if not (self.top / "elsewhere.so").exists():
            (self.top / "elsewhere.c").write_text(ELSEWHERE)
            subprocess.run(["cc", "-shared", "-fPIC", "-o", self.top / "elsewhere.so", self.top / "elsewhere.c", "-ldl"],
                           check=True)
        return mock.patch.dict(os.environ, {"LD_PRELOAD": str(self.top / "elsewhere.so"),
                                            "INSTALLED": str(self.top / "installed")})

    def make(self, name, kind):
        """name: what is below the folder "installed", or, with a slash, below the cache's"""
        path = self.kept / name[1:] if name.startswith("/") else self.top / "installed" / name
        path.parent.mkdir(exist_ok=True)
        release = re.search(r"[0-9]+\.[0-9]+", name)[0]
        if kind in ("tree", "candidate"):
            self.tree(path, release, " -rc3" if kind == "candidate" else "")
        elif kind == "link":
            path.symlink_to(self.tree(self.top / f"tree-{release}", release))
        elif kind == "dead":
            path.symlink_to(self.top / "moved-away")
        elif kind == "candidate-link":
            path.symlink_to(self.tree(self.top / f"tree-{release}", release, " -rc3"))
        elif kind == "folder":
            path.mkdir()
        elif kind == "noted":
            with cache.beside(path, noted=True) as file:
                file.write_text("")
        else:
            path.write_text("")
        return path

    @unittest.skipIf(os.environ.get("MB_SANITIZED", "0") != "0", "sanitizers do not let stat() be replaced")
    def test_both_go_by_the_same_rules(self):
        """What is there, the newest of which comes first in each case; what is passed over, and that is said."""
        good = "linux-source-98.1"
        for there, said in (
                ({good: "tree"}, None), ({good: "tree", f"{good}.tar.xz": "file"}, None),
                ({f"{good}.tar.gz": "file", good: "folder"}, None), ({f"{good}.tar.xz": "file", good: "file"}, None),
                ({good: "tree", "linux-source-98.2": "folder"}, None),
                ({good: "tree", "linux-source-98.2.tar.xz": "folder"}, None),
                ({good: "tree", "linux-source-98.2": "file", "linux-source-98.3-extra": "tree"}, None),
                ({good: "tree", "linux-source-98.2": "candidate"}, "linux-source-98.2' .* release candidate"),
                ({good: "tree", "linux-source-98.2": "dead"}, "98.2' is passed over: it leads to '.*/moved-away'"),
                ({f"/{good}_tree": "link", f"/{good}_98.1.4-1/{good}.tar.xz": "noted"}, None),
                ({f"/{good}_98.1.4-1/{good}.tar.xz": "noted", f"/{good}_tree": "dead"}, f"{good}_tree' .*/moved-away'"),
                ({good: "tree", "/linux-source-98.2_tree": "dead"}, "98.2_tree' is passed over: it leads to '.*/moved"),
                ({good: "tree", "/linux-source-98.2_tree": "candidate-link"}, "98.2_tree' .* release candidate"),
                ({good: "tree", "/linux-source-98.2_98.2.1-1": "tree"}, None),
                ({f"{good}.tar.xz": "file", f"/{good}_tree": "link"}, None)):
            with self.subTest(there=there):
                for folder in (self.top / "installed", self.kept, *self.top.glob("tree-*")):
                    shutil.rmtree(folder)
                self.kept.mkdir()
                (self.top / "installed").mkdir()
                paths = [self.make(name, kind) for name, kind in there.items()]
                newest.tell_passed_over.cache_clear()
                with contextlib.redirect_stderr(io.StringIO()) as lines:
                    self.assertEqual(newest.find(), paths[0])
                with self.elsewhere():
                    taken = self.program_takes()
                self.assertEqual(taken.replace("/usr/src", str(self.top / "installed")), str(paths[0]))
                for text in (lines.getvalue(), "".join(self.said.splitlines(True)[:-1])):
                    self.assertEqual(len(text.splitlines()), 1 if said else 0, text)
                    self.assertRegex(text, said or "^$")

    def test_daily(self):
        """It is asked once a day."""
        self.packages("linux-source-97.3 97.3.4-1")
        options = newest.parse(["--offer", "--daily"])
        self.assertTrue(newest.run(options, QUIET))
        self.assertEqual(newest.run(options, QUIET), "")
        self.assertTrue(newest.run(newest.parse(["--offer"]), QUIET))
        os.utime(self.kept / "asked", (0, 0))
        self.assertTrue(newest.run(options, QUIET))

    def test_old_ones_go_under_the_lock(self):
        """Of the cache, under which they are unpacked."""
        old = self.fetched("97.3.4-1")
        self.packages("linux-source-97.3 97.3.5-1")
        removed = []

        def remove(path, **_):
            with open(self.top / "memblock-bench" / "lock", "ab") as lock:
                with self.assertRaises(BlockingIOError):
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            removed.append(path)

        with mock.patch.object(newest, "shutil", mock.Mock(wraps=shutil, rmtree=remove)):
            newest.fetch(QUIET)
        self.assertIn(old.parent, removed)

    def test_nothing_is_made_where_it_is_not_safe(self):
        """Neither there nor where a link leads to."""
        home, other = self.top / "home", self.top / "other"
        for folder in (home, other):
            folder.mkdir()
        del os.environ["XDG_CACHE_HOME"]
        os.environ["HOME"] = str(home)
        home.chmod(0o777)
        status, said = self.main()
        self.assertEqual((status, list(home.iterdir())), (ENVIRONMENT, []))
        self.assertRegex(said[0], "newest: no cache: '.*/home' can be written by others")
        home.chmod(0o700)
        other.chmod(0o777)
        (home / ".cache").symlink_to(other)
        status, said = self.main()
        self.assertEqual((status, list(other.iterdir())), (ENVIRONMENT, []))
        self.assertRegex(said[0], "newest: no cache: '.*/other' can be written by others")

    def test_nothing(self):
        self.assertIsNone(newest.find())
        with self.assertRaisesRegex(Failure, r"no kernel source; .*--fetch.*--tree=DIR") as raised:
            newest.run(newest.parse([]), QUIET)
        self.assertEqual(raised.exception.status, ENVIRONMENT)

    def test_which_is_the_newest(self):
        """By number, not by text; a release candidate and what has no source in it do not count."""
        (self.kept / "linux-source-98.11-rc2_1").mkdir()
        (self.kept / "linux-source-98.12_1").mkdir()
        (self.kept / "linux-source-98_1").mkdir()
        old = self.fetched("98.9.1-1")
        self.assertEqual(newest.find(), old)
        self.assertEqual(self.program_takes(), str(old))
        best = self.fetched("98.10.2-1")
        self.assertEqual(newest.find(), best)
        self.assertEqual(self.program_takes(), str(best))
        self.assertEqual(self.program_takes("98.9"), str(old))
        better = self.fetched("98.10.11-1~bpo13+1")
        self.assertEqual(newest.find(), better)
        self.assertEqual(self.program_takes(), str(better))
        for version in "98.10.11-1~bpo13+2", "98.10.11-1", "98.10.11-1+b1", "98.10.11-1.1", "98.10.11-2~a", "98.10.12~1-1":
            better = self.fetched(version)  # each is newer than the one before: Debian's order
            self.assertEqual(newest.find(), better)
            self.assertEqual(self.program_takes(), str(better))
        self.assertEqual(newest.find("98.9"), old)
        self.assertIsNone(newest.find("98.8"))
        mine = newest.take_tree(self.tree(self.top / "mine", "98.10"))
        self.assertEqual(newest.find(), mine)
        self.assertEqual(self.program_takes(), str(mine))
        installed = self.top / "installed" / "linux-source-98.10.tar.xz"
        installed.write_text("")
        self.assertEqual(newest.find(), installed)

    def test_trees(self):
        self.assertEqual(newest.take_tree(self.tree(self.top / "a")).resolve(), self.top / "a")
        self.assertEqual(newest.take_tree(self.tree(self.top / "b")).resolve(), self.top / "b")
        self.assertEqual(self.entries(), ["linux-source-7.3_tree"])
        folder = self.kept / "linux-source-7.5_tree"  # in the place of the link: it goes
        folder.mkdir()
        (folder / "file").write_text("")
        self.assertEqual(newest.take_tree(self.tree(self.top / "d", "7.5")).resolve(), self.top / "d")
        folder.unlink()
        for tree, why in ((self.tree(self.top / "c", "7.4", " -rc3"), "release candidate"),
                          (self.top / "installed", "no kernel tree: Makefile: No such file"),
                          (self.top / "nowhere", "no kernel tree: Makefile: No such file")):
            with self.assertRaisesRegex(Failure, why) as raised:
                newest.take_tree(tree)
            self.assertEqual(raised.exception.status, USAGE)
        (self.top / "a" / "Makefile").write_text("all:\n")
        with self.assertRaisesRegex(Failure, "no version in its Makefile"):
            newest.take_tree(self.top / "a")

    def test_trees_are_told_and_forgotten(self):
        """In whose place a tree is, and what takes it back; and that it is not used where one is installed."""
        path = self.fetched("97.3.4-1")
        tree = self.tree(self.top / "patched", "97.3")
        link, said = self.prints(f"--tree={tree}")
        self.assertEqual(str(newest.find()), link)
        self.assertEqual(said, f"'{tree}' is the source of kernel 97.3 from now on in the place of '{path}'; "
                               "undo: newest.py --forget=97.3")
        self.assertEqual(self.prints("--forget=97.3"), [f"'{tree}' is forgotten; the source of kernel 97.3 is now: {path}"])
        self.assertTrue((tree / "Makefile").exists())
        status, said = self.main("--forget=97.3")
        self.assertEqual(status, USAGE)
        self.assertRegex(said[0], "newest: no tree was given for kernel 97.3: ")
        self.assertEqual(self.main("--forget=97")[0], USAGE)
        installed = self.top / "installed" / "linux-source-97.3.tar.xz"
        installed.write_text("")
        self.assertRegex(self.prints(f"--tree={tree}")[1], f"is not used: '{installed}' is installed, and taken before")

    def test_suites(self):
        archive = "http://archive.example/debian/"
        for own, others in (("bookworm", "bookworm-backports trixie trixie-backports unstable"),
                            ("trixie", "trixie-backports forky forky-backports unstable"),
                            ("unheard-of", "")):
            rows = debian.with_neighbours(debian.with_backports({(archive, own), (archive, own + "-updates")}))
            if others:
                self.assertEqual({suite for _, suite in rows}, {own, own + "-updates", *others.split()})
        self.packages("linux-source-7.3 7.3.4-1")
        newest.Sources(QUIET).best()
        lists = list((self.top / "memblock-bench" / "apt").glob("*-neighbours/sources.list"))
        self.assertIn("deb http://archive.example/debian/ trixie-backports main", lists[0].read_text())
        self.assertNotIn("experimental", lists[0].read_text())
        self.assertTrue(all("Dir::Etc::sourcelist=" in line or "indextargets" in line
                            for line in self.asked().splitlines()), "the system's lists were used")

    def test_fetch(self):
        self.packages("linux-source-6.12 6.12.117-1", "linux-source-7.3 7.3.4-1~bpo13+1",
                      "linux-source-7.4 7.4~rc2-1~exp1", "linux-source-7.5-rc1 7.5-1", "linux-source 7.9-1",
                      "linux-source-7.10-extra 7.10-1")
        self.assertEqual(newest.run(newest.parse(["--offer"]), QUIET), "linux-source-7.3 7.3.4-1~bpo13+1, 2 MiB")
        self.assertEqual(list(self.kept.iterdir()), [])
        path = newest.fetch(QUIET)
        self.assertEqual(path, self.kept / "linux-source-7.3_7.3.4-1~bpo13+1" / "linux-source-7.3.tar.xz")
        self.assertEqual(path.read_text(), "7.3.4-1~bpo13+1\n")
        self.assertEqual(self.asked().count(" download "), 1)
        self.assertEqual(newest.fetch(QUIET), path)  # nothing is newer
        self.assertEqual(self.asked().count(" download "), 1)
        self.packages("linux-source-7.3 7.3.5-1")  # a point release takes its place
        self.assertEqual(newest.fetch(QUIET).read_text(), "7.3.5-1\n")
        self.assertEqual(self.entries(), ["linux-source-7.3_7.3.5-1"])
        self.assertEqual(newest.run(newest.parse(["--offer"]), QUIET), "")
        self.packages("linux-source-7.2 7.2.13-1")  # older than what is there
        self.assertEqual(newest.fetch(QUIET).read_text(), "7.3.5-1\n")
        self.assertEqual(newest.fetch(QUIET, "7.2").read_text(), "7.2.13-1\n")
        with self.assertRaisesRegex(Failure, "no package linux-source-7.9"):
            newest.fetch(QUIET, "7.9")

    def test_what_was_fetched_is_verified(self):
        """Another content, no note, somebody else's to write: it is fetched again, and not used before."""
        self.packages("linux-source-97.3 97.3.4-1")
        path = newest.fetch(QUIET)
        text, note = path.read_text(), cache.note(path)

        def write_another():
            note.unlink()
            path.write_text("another\n")  # and who asks first is not who notes

        for number, damage in enumerate((
                lambda: path.write_text("another\n"), lambda: path.write_text(""), note.unlink, write_another,
                lambda: note.write_text(""), lambda: path.chmod(0o666), lambda: path.parent.chmod(0o777))):
            damage()
            self.assertIsNone(newest.find())
            self.assertIsNone(newest.find("97.3"))
            status, said = self.main()
            self.assertEqual((status, len(said)), (ENVIRONMENT, 1))
            self.assertIn(f"'{path}' is not what was fetched; get it with --fetch", said[0])
            self.assertEqual(newest.fetch(QUIET), path)
            self.assertEqual(path.read_text(), text)
            self.assertEqual(self.asked().count(" download "), number + 2)
            self.assertEqual(newest.find(), path)
        # It is not passed over for an older one.
        self.fetched("96.1-1")
        self.assertEqual(self.main()[0], 0)
        path.write_text("another\n")
        self.assertEqual(self.main()[0], ENVIRONMENT)
        self.assertEqual(self.main("--release=96.1")[0], 0)

    def test_program_verifies_it(self):
        path = self.fetched("97.3.4-1")
        subprocess.run(["tar", "-cf", path, "-C", self.top, "installed"], check=True)
        for change in (lambda: None, cache.note(path).unlink):
            change()
            self.assertEqual(self.program_takes(), str(path))
            self.assertIn("is not what was fetched; fetch it again", self.said)

    def test_cache_cannot_be_written(self):
        """One line with what may be done, and the status of what the machine lacks."""
        self.packages("linux-source-7.3 7.3.5-1")
        tree = self.tree(self.top / "mine")
        self.kept.rmdir()
        self.kept.write_text("")  # no folder: root may write in any
        for arguments in (["--fetch"], [f"--tree={tree}"]):
            status, said = self.main(*arguments)
            self.assertEqual((status, len(said)), (ENVIRONMENT, 1), said)
            self.assertRegex(said[0], "newest: cannot write to the cache '.*/sources': .*; set XDG_CACHE_HOME")

    def test_what_is_installed_is_not_fetched(self):
        self.packages("linux-source-7.3 7.3.5-1")
        (self.top / "installed" / "linux-source-7.3.tar.xz").write_text("")
        self.assertEqual(newest.fetch(QUIET), self.top / "installed" / "linux-source-7.3.tar.xz")
        self.assertNotIn(" download ", self.asked())

    def test_no_network(self):
        self.packages()
        with self.assertRaisesRegex(Failure, "is there a network") as raised:
            newest.fetch(QUIET)
        self.assertEqual(raised.exception.status, ENVIRONMENT)
        self.assertEqual(list(self.kept.iterdir()), [])
        os.environ["PATH"] = str(self.top / "nowhere")
        with self.assertRaisesRegex(Failure, "there is no apt-get here; or name a tree .* --tree=DIR"):
            newest.fetch(QUIET)

    def test_usage(self):
        for arguments, status in ((["--release=7"], 2), (["--release=7.3.4"], 2), ([], 3)):
            with contextlib.redirect_stderr(io.StringIO()) as said:
                self.assertEqual(newest.main(arguments), status)
            self.assertEqual(len(said.getvalue().splitlines()), 1, said.getvalue())


if __name__ == "__main__":
    unittest.main()
