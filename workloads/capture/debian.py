# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's kernel packages: which there are, and a file out of one; or all files of another package.

apt does the work, with a configuration of its own for each architecture below the user's cache: the
lists of packages are kept there, and the system's are neither used nor changed. What is asked are the
Debian archives that the system is set up for. A kernel that was used once is kept, with the name of
its package, and needs no network the next time.

    CACHE/kernels/PACKAGE_VERSION/vmlinuz...      image
    CACHE/kernels/PACKAGE_VERSION/System.map...   symbols (exact captures), out of the -dbg package
    CACHE/packages/PACKAGE_VERSION_ARCHITECTURE/  a package, unpacked
    CACHE/apt/ARCHITECTURE/                       lists of packages
    CACHE/apt/ARCHITECTURE-neighbours/            of the neighbouring suites, too (newest.py)
"""
import contextlib
import re
import shutil
import subprocess
import tarfile
import tempfile
import time
from pathlib import Path

import cache
import children
from failure import ENVIRONMENT, USAGE, Failure

LISTS_AGE_S = 24 * 3600


def version_key(text):
    """Sorts version numbers as Debian does (Policy, 5.6.12): 6.1.0-9 before 6.1.0-56, 7.3.4-1~bpo13+1 before
    7.3.4-1. Parts without digits and numbers alternate; a tilde is before the end, and that before all else."""
    def order(character):
        return -1 if character == "~" else ord(character) + (0 if character.isalpha() else 256)

    return [([*map(order, text), 0], int(number or 0)) for text, number in re.findall(r"(\D*)(\d*)", text)]


def image_pattern(release, flavour):
    """Names of the image packages of a kernel release; groups: where the image is, the version number,
    and whether it has no signature."""
    return re.compile(r"linux-(image|binary)-(" + re.escape(release) + r"(?:[.][0-9]+)+(?:-[0-9]+)?"
                      r"(?:[+~][0-9a-z.]+)?)-" + re.escape(flavour) + r"(-unsigned)?")


def newest(names, release, flavour):
    """The newest of the packages, the one without a signature if there is; None if there is none. Where
    there is a linux-binary, the linux-image of that version has no image in it."""
    pattern = image_pattern(release, flavour)
    found = [(version_key(match[2]), match[1] == "binary", bool(match[3]), name)
             for name in names if (match := pattern.fullmatch(name))]
    return max(found)[-1] if found else None


def image_places(package, name):
    """Where the image of a package begins: in /boot with the version behind it or, from 7.0 on, beside the
    modules without."""
    return (f"boot/{name}-", f"usr/lib/modules/{package.removeprefix('linux-binary-')}/{name}")


def symbols_places(package):
    """The same of the table of symbols in the -dbg package."""
    release = re.sub("^linux-(image|binary)-|-unsigned$", "", package)
    return ("usr/lib/debug/boot/System.map-", f"usr/lib/debug/lib/modules/{release}/System.map")


def members(tar_stream):
    """(name without a leading ./, file or None) of a tar archive that is read once, front to back."""
    with tarfile.open(fileobj=tar_stream, mode="r|") as archive:
        for member in archive:
            name = member.name[2:] if member.name.startswith("./") else member.name
            yield name, archive.extractfile(member) if member.isfile() else None


def extract(package_file, prefix, folder):
    """Copy the file that begins with prefix, or one of several, out of a .deb to folder, reading no
    further; its path, or None."""
    with children.start(["dpkg-deb", "--fsys-tarfile", str(package_file)],
                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as unpack:
        try:
            for name, data in members(unpack.stdout):
                if data and name.startswith(prefix):
                    place = Path(folder) / Path(name).name
                    with cache.beside(place, noted=True) as partial, open(partial, "wb") as out:
                        shutil.copyfileobj(data, out)
                    return place
        except tarfile.TarError:
            pass
        finally:
            unpack.kill()
    return None


# What follows a release. Of one that is not here the next is "stable".
NEXT = {"bullseye": "bookworm", "bookworm": "trixie", "trixie": "forky", "forky": "duke",
        "testing": "unstable", "unstable": "unstable", "sid": "sid"}


def with_backports(rows):
    """(archive, suite): newer kernels for the architectures that have none in the release."""
    return rows | {(uri, suite + "-backports") for uri, suite in rows if "-" not in suite}


def with_neighbours(rows):
    """And the release that comes next, and unstable. What an archive lacks, apt leaves out."""
    following = {(uri, NEXT.get(suite, "stable")) for uri, suite in rows if "-" not in suite}
    return rows | with_backports(following) | {(uri, "unstable") for uri, _ in following}


def whole(folder, name):
    """The files NAME... of a package that was used before, and that are what they were then."""
    return [path for path in folder.glob(f"{name}*") if cache.is_noted(path)]


class Archive:
    """The packages of one architecture. Messages begin with the name of who asks, and end with what
    else may be done about it."""

    def __init__(self, architecture, progress, program="capture",
                 instead="; give an image with --kernel=IMAGE", neighbours=False,
                 wanted="^linux-(image|binary)-[0-9]"):
        self.architecture = architecture
        self.neighbours = neighbours
        self.wanted = wanted
        self.progress = progress
        self.program = program
        self.instead = instead
        self.cache = cache.folder(program)
        self.folder = self.cache / "apt" / (architecture + ("-neighbours" if neighbours else ""))
        self.refreshed = False

    def _run(self, program, *arguments, folder=None, poll=None):
        command = [program]
        for option in (f"Dir::State={self.folder}/state",
                       f"Dir::State::status={self.folder}/state/status",
                       f"Dir::Cache={self.folder}/cache",
                       f"Dir::Etc::sourcelist={self.folder}/sources.list",
                       "Dir::Etc::sourceparts=-", f"APT::Architecture={self.architecture}",
                       f"APT::Architectures={self.architecture}", "APT::Sandbox::User=root",
                       "Acquire::Languages=none", "Acquire::Retries=0", "Acquire::http::Timeout=20",
                       "Acquire::https::Timeout=20"):
            command += ["-o", option]
        with children.start([*command, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, cwd=folder) as process:
            try:
                while True:
                    if poll:
                        poll()
                    try:
                        text = process.communicate(timeout=0.3)[0]
                        return process.returncode, text
                    except subprocess.TimeoutExpired:
                        pass
            finally:
                process.kill()

    def _sources(self):
        """The Debian archives of the system, as lines of a sources.list."""
        for program in ("apt-get", "apt-cache", "dpkg-deb"):
            if not shutil.which(program):
                raise Failure(ENVIRONMENT, f"{self.program}: kernels come from Debian's packages, "
                              f"and there is no {program} here{self.instead}")
        done = subprocess.run(
            ["apt-get", "indextargets", "Created-By: Packages", "--format",
             "$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        rows = {tuple(line.split("|")) for line in done.stdout.splitlines()}
        rows = {row[1:3] for row in rows if len(row) == 4 and row[0] == "Debian"}
        rows = with_backports(rows)
        if self.neighbours:
            rows = with_neighbours(rows)
        lines = sorted(f"deb {uri} {suite} main" for uri, suite in rows)
        if not lines:
            raise Failure(ENVIRONMENT, f"{self.program}: apt knows no Debian archive here; run "
                          f"'apt-get update'{self.instead}")
        return "\n".join(lines) + "\n"

    def refresh(self, force=False):
        """Have lists of packages, not older than a day."""
        stamp = self.folder / "fetched"
        if self.refreshed or (not force and stamp.exists() and
                              time.time() - stamp.stat().st_mtime < LISTS_AGE_S):
            return
        sources = self._sources()
        with cache.locked(self.folder):
            self._fetch_lists(sources, stamp)

    def _fetch_lists(self, sources, stamp):
        (self.folder / "state/lists/partial").mkdir(parents=True, exist_ok=True)
        (self.folder / "cache/archives/partial").mkdir(parents=True, exist_ok=True)
        (self.folder / "state/status").touch()
        (self.folder / "sources.list").write_text(sources)
        stamp.unlink(missing_ok=True)
        self.progress.show(f"{self.program}: lists of the {self.architecture} packages")
        _, text = self._run("apt-get", "update")
        # One archive of several may be out of order, and the status is 0 where none was reached; what
        # matters is whether there are kernels.
        if not self.names():
            raise Failure(ENVIRONMENT, f"{self.program}: apt has no lists of the "
                          f"{self.architecture} packages; is there a network?{self.instead}",
                          text.splitlines()[-5:])
        stamp.touch()
        self.refreshed = True

    def names(self):
        status, text = self._run("apt-cache", "search", "--names-only", self.wanted)
        if status:
            raise Failure(ENVIRONMENT, f"{self.program}: apt-cache fails; is there room for its files?",
                          text.splitlines()[-5:])
        return [line.split(" ")[0] for line in text.splitlines()]

    def show(self, package):
        """What the lists say of a package's newest version; nothing if it is unknown."""
        status, text = self._run("apt-cache", "show", "--no-all-versions", package)
        return "" if status else text

    def version(self, package):
        """Version and size of a package, or None."""
        text = self.show(package)
        fields = dict(line.split(": ", 1) for line in text.splitlines()
                      if re.match(r"(Version|Size): ", line))
        return None if len(fields) < 2 else (fields["Version"], int(fields["Size"]))

    @contextlib.contextmanager
    def _fetched(self, package):
        """A package, downloaded, for as long as the context lasts."""
        version, size = self.version(package) or (None, 0)
        if not version:
            raise Failure(ENVIRONMENT, f"{self.program}: there is no package '{package}' for "
                          f"{self.architecture}; --release=6.12 takes the newest of a kernel")
        self.cache.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self.cache).free < 2 * size:
            raise Failure(ENVIRONMENT, f"{self.program}: {package} needs {size >> 20} MiB below "
                          f"{self.cache}; set XDG_CACHE_HOME to where there is room")
        with tempfile.TemporaryDirectory(dir=self.cache, prefix="download.") as here:
            def poll():
                done = sum(f.stat().st_size for f in Path(here).iterdir())
                self.progress.show(f"{self.program}: {package}: {done >> 20} of {size >> 20} MiB")

            status, text = self._run("apt-get", "download", f"{package}={version}", folder=here,
                                     poll=poll)
            files = list(Path(here).glob("*.deb"))
            if status or len(files) != 1:
                raise Failure(ENVIRONMENT, f"{self.program}: cannot download {package}"
                              f"{self.instead}", text.splitlines()[-5:])
            self.progress.show(f"{self.program}: {package}: unpacking")
            yield files[0]
        self.progress.clear()

    def download(self, package, prefix, folder):
        """Fetch a package, keep the file below prefix in folder, drop the package."""
        with self._fetched(package) as file:
            found = extract(file, prefix, folder)
        if not found:
            places = " or ".join([prefix] if isinstance(prefix, str) else prefix)
            raise Failure(ENVIRONMENT, f"{self.program}: {package} has no {places}")
        return found

    def unpacked(self, package):
        """The folder with the files of a package of the newest version."""
        self.refresh()
        version = (self.version(package) or ("none", 0))[0]
        folder = self.cache / "packages" / f"{package}_{version}_{self.architecture}"
        if cache.is_noted(folder):
            return folder
        with self._fetched(package) as file, cache.beside(folder, self.program, noted=True) as partial:
            done = subprocess.run(["dpkg-deb", "-x", str(file), str(partial)],
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            if done.returncode:
                raise Failure(ENVIRONMENT, f"{self.program}: cannot unpack {package}",
                              done.stderr.splitlines()[-5:])
        return folder

    def kept(self, package):
        """(folder, version) of the kept package, the newest first."""
        folders = (self.cache / "kernels").glob(f"{package}_*")
        return sorted(((folder, folder.name[len(package) + 1:]) for folder in folders),
                      key=lambda pair: version_key(pair[1]), reverse=True)

    def image(self, release, flavour, package, name):
        """(path, package, version) of the image of a kernel: of the package asked for, or the newest of
        a release and flavour. The package may be NAME=VERSION."""
        wanted = None
        if package:
            package, _, wanted = package.partition("=")
            for folder, version in self.kept(package):
                found = whole(folder, name)
                if found and wanted in ("", version):
                    return found[0], package, version
        self.refresh()
        if not package:
            package = newest(self.names(), release, flavour)
            if not package:
                raise Failure(USAGE, f"{self.program}: Debian has no kernel {release} with flavour "
                              f"'{flavour}' for {self.architecture}")
        version = (self.version(package) or (None, 0))[0]
        if wanted and version and wanted != version:
            raise Failure(ENVIRONMENT, f"capture: {package} is there as {version}, not {wanted}")
        folder = self.cache / "kernels" / f"{package}_{version}"
        found = whole(folder, name)
        path = found[0] if found else self.download(package, image_places(package, name), folder)
        return path, package, version

    def symbols(self, package, version):
        """The System.map of an image package, out of its -dbg package."""
        folder = self.cache / "kernels" / f"{package}_{version}"
        found = whole(folder, "System.map")
        if found:
            return found[0]
        self.refresh()
        name = package.removesuffix("-unsigned").replace("linux-binary-", "linux-image-") + "-dbg"
        there = self.version(name)
        if there and there[0] != version:
            raise Failure(ENVIRONMENT, f"capture: {name} is there as {there[0]}, not {version}; "
                          "give the table of symbols with --symbols=System.map")
        return self.download(name, symbols_places(package), folder)
