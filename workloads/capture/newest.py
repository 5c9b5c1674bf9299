#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The newest kernel source: where it is, and how it gets there.

    newest.py                the path of the newest source that is there; none: status 3
    newest.py --fetch        look for a newer one in Debian's suites first, and fetch it
    newest.py --offer        what --fetch would fetch, in a line; nothing if nothing is newer; with --daily
                             nothing either where that was asked within a day
    newest.py --tree=DIR     DIR, an unpacked tree, is the source of its release from now on: to everything that
                             asks for that kernel, or for the newest. In whose place it is, and how to undo it, is said
    newest.py --forget=X.Y   the tree of --tree is that no longer; it is left alone
    --release=X.Y            that release, not the newest

Debian's suites are those that the system is set up for, their backports, the next release, its backports, and
unstable; asked through an apt folder of our own (debian.py), so the system's is neither used nor changed.
Release candidates are never taken, nor is a link that leads to no tree; of trees that is said. A path is that of a tarball, as the package linux-source-X.Y has it, or of a
tree. Of one release what is installed is taken before what was fetched:

    /usr/src/linux-source-X.Y, /usr/src/linux-source-X.Y.tar.*
    CACHE/sources/linux-source-X.Y_tree                             of --tree, a link
    CACHE/sources/linux-source-X.Y_VERSION/linux-source-X.Y.tar.xz  fetched

src/host/linux_source.c looks there as well, by the same rules.
"""
import argparse
import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import cache
import children
from debian import Archive, version_key
from failure import ENVIRONMENT, USAGE, Failure, Progress

INSTALLED = Path("/usr/src")
NAME = re.compile(r"linux-source-([0-9]+\.[0-9]+)")
FORMS = (".tar.xz", ".tar.gz", ".tar.bz2", ".tar.zst")
DAY_S = 24 * 3600


def release_key(release):
    return tuple(int(part) for part in release.split("."))


def kept():
    return cache.folder("newest") / "sources"


def place(path, to):
    """The same file in another folder: a second name of it, or a copy."""
    try:
        os.link(path, to)
    except OSError:
        shutil.copy2(path, to)


def lend(cache):
    """For who has a cache of its own (XDG_CACHE_HOME): what was fetched is there too, and what was unpacked of it."""
    folder = Path(cache) / "memblock-bench"
    for each in (folder.parent, folder):
        each.mkdir(parents=True, exist_ok=True, mode=0o700)
    link = folder / "sources"
    if link.is_symlink():
        link.unlink()
    if kept().is_dir() and not link.exists():
        link.symlink_to(kept().resolve())
    for source in kept().parent.glob("source-*"):  # one that is not whole is noticed there, and unpacked again
        if (source / "complete").is_file() and not (folder / source.name).exists():
            shutil.copytree(source, folder / source.name, symlinks=True, copy_function=place)


def unpacked(source):
    """What variants/linux/build.sh has taken out of that tarball, which is kept in the cache under a name of the
    same making; None: it was not unpacked yet, or is another now."""
    script = Path(__file__).resolve().parents[2] / "variants/linux/build.sh"
    arches = re.search(r"^arches='(.*)'$", script.read_text(encoding="utf-8"), re.M)
    about = os.stat(source)
    words = f"{source} {about.st_size} {int(about.st_mtime)} {arches and arches[1]}\n"
    tree = kept().parent / f"source-{hashlib.sha256(words.encode()).hexdigest()[:12]}"
    return tree if (tree / "complete").is_file() else None


def is_tree(path):
    return (path / "mm" / "memblock.c").exists()


def fields_of(tree):
    """VERSION, PATCHLEVEL and EXTRAVERSION in the Makefile of a tree."""
    head = (tree / "Makefile").read_text(encoding="utf-8", errors="replace")[:2000]
    return dict(re.findall(r"^(VERSION|PATCHLEVEL|EXTRAVERSION)[ \t=]*(\S*)", head, re.M))


def is_candidate(tree):
    try:
        return fields_of(tree).get("EXTRAVERSION", "").startswith("-rc")
    except OSError:
        return False


@functools.cache
def tell_passed_over(path, why):
    print(f"newest: '{path}' is passed over: {why}", file=sys.stderr)


def may_be_taken(path):
    """Is it a tree that may be a yardstick?"""
    if is_tree(path):
        if not is_candidate(path):
            return True
        tell_passed_over(path, "it is a release candidate; linux:src=DIR compares with it")
    elif path.is_symlink():
        tell_passed_over(path, f"it leads to '{os.readlink(path)}', where no kernel tree is")
    return False


def in_cache(release):
    """The source of a release in the cache, the newest version of it; or None."""
    given = kept() / f"linux-source-{release}_tree"
    if may_be_taken(given):
        return given
    for folder in sorted(kept().glob(f"linux-source-{release}_*"), key=lambda f: version_key(f.name),
                         reverse=True):
        file = folder / f"linux-source-{release}.tar.xz"
        if file.is_file():
            return file if cache.is_noted(file) else None
    return None


def release_of(path):
    return release_key(NAME.match(path.name)[1])


def damaged(release=None):
    """A tarball in the cache that is not what was fetched, or of which nobody knows, the newest; or None."""
    files = [file for file in kept().glob(f"linux-source-{release or '*'}_*/linux-source-*.tar.xz")
             if NAME.match(file.name) and not cache.is_noted(file)]
    return max(files, key=release_of, default=None)


def of_release(release):
    tree = INSTALLED / f"linux-source-{release}"
    if may_be_taken(tree):
        return tree
    for form in FORMS:
        path = INSTALLED / f"{tree.name}{form}"
        if path.is_file():
            return path
    return in_cache(release)


def releases():
    """Those of which something is there, the newest first."""
    names = [path.name for folder in (INSTALLED, kept()) if folder.is_dir() for path in folder.iterdir()]
    found = {match[1] for name in names
             if (match := NAME.match(name)) and name[match.end():][:1] in ("", ".", "_")}
    return sorted(found, key=release_key, reverse=True)


def find(release=None):
    """The path of the newest source that is there, or of that release; or None."""
    for each in [release] if release else releases():
        if path := of_release(each):
            return path
    return None


class Sources(Archive):
    """The packages linux-source-X.Y of the suites round about."""

    def __init__(self, progress):
        done = subprocess.run(["dpkg", "--print-architecture"], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False) \
            if shutil.which("dpkg") else None
        super().__init__(done.stdout.strip() if done and not done.returncode else "amd64", progress,
                         program="newest", instead="; or name a tree that you have with --tree=DIR",
                         neighbours=True, wanted="^linux-source-[0-9]")

    def best(self, release=None):
        """(release, version, bytes) of the newest package, or None. The order is that of apt among the versions
        of one package, and of the number in the name among packages."""
        self.refresh()
        found = [match[1] for name in self.names() if (match := NAME.fullmatch(name))]
        for each in sorted(set(found), key=release_key, reverse=True):
            if release in (None, each) and (there := self.version(f"linux-source-{each}")):
                if not re.search(r"[~-]rc[0-9]", there[0]):
                    return each, *there
        return None


def newer(progress, release=None):
    """(archive, release, version, bytes) of the package that is newer than all that is there, or None."""
    archive = Sources(progress)
    best = archive.best(release)
    if not best:
        raise Failure(ENVIRONMENT, f"newest: no package linux-source-{release or 'X.Y'} in these suites"
                      f"{archive.instead}")
    there = find(release)
    if there:
        own = NAME.search(str(there.relative_to(kept()) if kept() in there.parents else there.name))[1]
        if release_key(own) > release_key(best[0]):
            return None
        if own == best[0] and (kept() not in there.parents or there.parent.name ==
                               f"linux-source-{best[0]}_{best[1]}" or there.name.endswith("_tree")):
            return None
    return archive, *best


def fetch(progress, release=None):
    """The path of the newest source, fetched if Debian has a newer one."""
    package = newer(progress, release)
    if not package:
        return find(release)
    archive, release, version, _ = package
    name = f"linux-source-{release}"
    folder = kept() / f"{name}_{version}"
    with cache.beside(folder, "newest") as partial:
        archive.download(name, f"usr/src/{name}.tar.xz", partial)
    with cache.locked(kept().parent, "newest"):  # nobody unpacks one: variants/linux/build.sh
        for old in kept().glob(f"{name}_*"):
            if old.name not in (folder.name, f"{name}_tree"):
                shutil.rmtree(old, ignore_errors=True)
    return of_release(release)


def asked_today():
    """Was it, within a day? From now on it was."""
    stamp = kept() / "asked"
    if stamp.exists() and 0 <= time.time() - stamp.stat().st_mtime < DAY_S:
        return True
    with cache.writing(kept(), "newest"):
        cache.make_folder(kept())
        stamp.touch(0o600)
    return False


def link_of(release):
    return kept() / f"linux-source-{release}_tree"


def told(tree, release, before):
    """What is said of a tree that was taken, in whose place it is."""
    now = find(release)
    if now != link_of(release):
        return f"'{tree}' is not used: '{now}' is installed, and taken before it; linux:src=DIR compares with it"
    place = f" in the place of '{before}'" if before and str(before) != tree else ""
    return f"'{tree}' is the source of kernel {release} from now on{place}; undo: newest.py --forget={release}"


def forget(release):
    link = link_of(release)
    if not link.is_symlink():
        raise Failure(USAGE, f"newest: no tree was given for kernel {release}: there is no '{link}'")
    tree = os.readlink(link)
    with cache.locked(kept().parent, "newest"):
        link.unlink()
    return f"'{tree}' is forgotten; the source of kernel {release} is now: {find(release) or 'none'}"


def take_tree(tree):
    """Remember a tree that the user has, by a link."""
    tree = Path(tree).resolve()
    try:
        fields = fields_of(tree)
    except OSError as error:
        raise Failure(USAGE, f"newest: '{tree}' is no kernel tree: Makefile: {error.strerror}") from error
    if not is_tree(tree) or not fields.get("VERSION", "").isdigit() or \
            not fields.get("PATCHLEVEL", "").isdigit():
        raise Failure(USAGE, f"newest: '{tree}' is no kernel tree: no version in its Makefile, or no mm/memblock.c")
    if is_candidate(tree):
        raise Failure(USAGE, f"newest: '{tree}' is a release candidate, which is no yardstick; "
                      "linux:src=DIR compares with it")
    link = link_of(f"{fields['VERSION']}.{fields['PATCHLEVEL']}")
    with cache.beside(link, "newest") as written:
        written.symlink_to(tree)
    return link


def parse(arguments):
    parser = argparse.ArgumentParser(prog="newest.py", usage=__doc__.split("\n\n")[1].strip())
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--fetch", action="store_true")
    what.add_argument("--offer", action="store_true")
    what.add_argument("--tree")
    what.add_argument("--forget")
    parser.add_argument("--daily", action="store_true")
    parser.add_argument("--release")
    options = parser.parse_args(arguments)
    for option, value in (("release", options.release), ("forget", options.forget)):
        if value is not None and not re.fullmatch(r"[0-9]{1,3}\.[0-9]{1,3}", value):
            raise Failure(USAGE, f"newest: bad value '{value}' for --{option}; it is of the form 7.3")
    return options


def run(options, progress):
    """What is to be printed."""
    if options.tree:
        before = {release: path.resolve() for release in releases() if (path := find(release))}
        link = take_tree(options.tree)
        release = NAME.match(link.name)[1]
        return f"{link}\n{told(os.readlink(link), release, before.get(release))}"
    if options.forget:
        return forget(options.forget)
    if options.offer:
        package = None if options.daily and asked_today() else newer(progress, options.release)
        return f"linux-source-{package[1]} {package[2]}, {package[3] >> 20} MiB" if package else ""
    path = fetch(progress, options.release) if options.fetch else find(options.release)
    wrong = damaged(options.release)
    if not path or (wrong and release_of(wrong) > release_of(path)):
        raise Failure(ENVIRONMENT, f"newest: no kernel source {options.release or ''}".rstrip() +
                      (f": '{wrong}' is not what was fetched" if wrong else "") +
                      "; get it with --fetch, or name a tree with --tree=DIR")
    return path


def main(arguments):
    children.exit_on_signals()
    progress = Progress()
    try:
        said = run(parse(arguments), progress)
        if said:
            print(said)
        return 0
    except Failure as failure:
        progress.clear()
        print(failure, file=sys.stderr)
        for line in failure.details:
            print(f"  {line}", file=sys.stderr)
        return failure.status
    except OSError as error:
        progress.clear()
        print(f"newest: {error.filename or 'temporary files'}: {error.strerror}; TMPDIR and XDG_CACHE_HOME may "
              "name another place", file=sys.stderr)
        return ENVIRONMENT
    finally:
        children.stop_all()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
