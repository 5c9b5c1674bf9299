#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Which lines and branches of the kernel's own mm/memblock.c does `verify` reach?

    coverage.py BUILD                         6.1 and 6.12 by their packages, and the newest source there is
    coverage.py BUILD --tree=7.3:DIR          a kernel tree, which has a section in the list, instead of the newest
    coverage.py BUILD --seed=N --operations=N

The kernel's code is built once more with gcov's counters, in each configuration that verify takes; what one of them
reaches is reached. What none does must be in tests/coverage/unreached.txt with its reason, and what is there must not be
reached (with the seed and operations that are usual: others may), else the status is 1. A kernel whose source is not
there is said first and last; in CI that is a failure.
Nothing of the kernel's text is in the list: a place is FUNCTION+LINE, LINE counted from the function's first, and
FUNCTION+LINE/BRANCH for one way that a branch never goes; FUNCTION alone is all of it.
"""
import argparse
import gzip
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / 'workloads/capture'))
import newest  # noqa: E402  its place is known only now

LIST = HERE / 'unreached.txt'
PACKAGES = ('6.1', '6.12')
SEED, OPERATIONS = 1, 300000


def fail(text, status=1):
    print(f'coverage: {text}', file=sys.stderr)
    sys.exit(status)


def run_verify(build, kernel, tree, folder, options):
    """verify on array and this kernel; counters are left in @folder."""
    variant = f'linux:src={tree}' if tree else f'linux:version={kernel if kernel in PACKAGES else "newest"}'
    profile = kernel if kernel in PACKAGES else 'tree' if tree else 'new'
    # Objects that count serve nobody else.
    environment = dict(os.environ, MBL_COVERAGE=str(folder), XDG_CACHE_HOME=str(folder / 'cache'))
    command = [build / 'memblock-bench', 'verify', f'--variants=array,{variant}', f'--seed={options.seed}',
               f'--operations={options.operations}', f'--profile={profile}',
               f'--out={folder}/verify.trace']
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        fail(f'{kernel}: verify ended with status {done.returncode}:\n{done.stdout}{done.stderr}')


def gcov(folder):
    """What gcov says of each object."""
    for data in sorted(folder.glob('*.gcda')):
        done = subprocess.run(['gcov', '--json-format', '--branch-probabilities', '--stdout', data.name],
                              cwd=folder, capture_output=True, check=False)
        if done.returncode:
            fail(f'gcov: {done.stderr.decode()}', 3)
        text = done.stdout
        if text[:2] == b'\x1f\x8b':
            text = gzip.decompress(text)
        for line in text.splitlines():
            yield json.loads(line)


def add_object(report, reached):
    """Fold one object's counts in: reached[function][line] = [times, [times of each branch]]."""
    for source in report['files']:
        if pathlib.Path(source['file']).name != 'memblock.c':
            continue
        starts = {f['name']: f['start_line'] for f in source['functions']}
        for line in source['lines']:
            function = line.get('function_name')
            if function not in starts:
                continue
            place = reached.setdefault(function, {}).setdefault(
                line['line_number'] - starts[function], [0, []])
            branches = [b['count'] for b in line['branches'] if not b['throw']]
            place[0] += line['count']
            # Configurations may fold some of a line's branches: the fullest form of it counts.
            if len(branches) > len(place[1]):
                place[1] = branches
            elif len(branches) == len(place[1]):
                place[1] = [a + b for a, b in zip(place[1], branches)]


def unreached(reached):
    """Places in order: a function that is never called, else lines, else branches."""
    for function in sorted(reached):
        lines = reached[function]
        if not any(times for times, _ in lines.values()):
            yield function
            continue
        for offset in sorted(lines):
            times, branches = lines[offset]
            if not times:
                yield f'{function}+{offset}'
            elif branches:
                yield from (f'{function}+{offset}/{n}' for n, b in enumerate(branches) if not b)


def read_list(path):
    """{kernel: {place: reason}}"""
    listed, kernels, reason = {}, [], None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith('#'):
            continue
        if line.startswith('['):
            kernels = line.strip('[]').split()
        elif not line.startswith(' '):
            reason = line.strip()
        elif not kernels or not reason or not re.fullmatch(r'( +\w+(\+\d+(/\d+)?)?)+', line):
            fail(f'{path.name}:{number}: not a list of places: {line!r}', 2)
        else:
            for kernel in kernels:
                listed.setdefault(kernel, {}).update(dict.fromkeys(line.split(), reason))
    return listed


def is_listed(place, listed):
    """By itself, as a line, or with all of its function."""
    return any(p in listed for p in (place, place.split('/')[0], place.split('+')[0]))


def report(kernel, reached, listed):
    """How many places of @kernel are neither reached nor explained, and how many are both."""
    missing = list(unreached(reached))
    unknown = [p for p in missing if not is_listed(p, listed)]
    stale = [p for p in listed if not any(m == p or m.startswith((p + '+', p + '/')) for m in missing)]
    lines = [line for function in reached.values() for line in function.values()]
    ways = [b for _, branches in lines for b in branches]
    print(f'{kernel}: {sum(1 for times, _ in lines if times)} of {len(lines)} lines, '
          f'{sum(1 for b in ways if b)} of {len(ways)} ways of branches reached; '
          f'{len(missing)} places are not, {len(missing) - len(unknown)} of them with a reason')
    for place in unknown:
        print(f'  without a reason: {place}')
    for place in stale:
        print(f'  reached, though listed: {place}')
    return len(unknown), len(stale)


def sources(options):
    """({kernel: tree or None}, what is not there)"""
    kernels, absent = {}, []
    for kernel in PACKAGES:
        if newest.of_release(kernel):
            kernels[kernel] = None
        else:
            absent.append(f'{kernel} is ABSENT: no package linux-source-{kernel}')
    for tree in options.tree:
        kernel, _, folder = tree.partition(':')
        if not (pathlib.Path(folder) / 'mm/memblock.c').exists():
            fail(f'no kernel tree: {tree!r}; KERNEL:DIR is wanted', 2)
        kernels[kernel] = folder
    release = next(iter(newest.releases()), '0.0')
    if newest.release_key(release) > (6, 12):
        kernels.setdefault(release, None)
    elif not options.tree:
        absent.append('the newest is ABSENT: no source after 6.12; get it with: workloads/capture/newest.py --fetch')
    if options.only:
        kernels, absent = {k: t for k, t in kernels.items() if k == options.only}, []
    return kernels, absent


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('build', type=pathlib.Path)
    parser.add_argument('--tree', action='append', default=[], metavar='KERNEL:DIR')
    parser.add_argument('--only', metavar='KERNEL', help='this one alone')
    parser.add_argument('--seed', type=int, default=SEED)
    parser.add_argument('--operations', type=int, default=OPERATIONS)
    parser.add_argument('--keep', type=pathlib.Path, metavar='DIR', help='counters are left there')
    options = parser.parse_args()
    kernels, absent = sources(options)
    for line in absent:
        print(f'coverage: {line}', file=sys.stderr)
    if not kernels:
        fail('no kernel source; install linux-source-6.12, or give --tree=KERNEL:DIR', 3)
    listed, unknown, stale = read_list(LIST), 0, 0
    with tempfile.TemporaryDirectory(prefix='coverage-') as temporary:
        for kernel, tree in kernels.items():
            folder = (options.keep or pathlib.Path(temporary)).resolve() / kernel
            folder.mkdir(parents=True, exist_ok=True)
            newest.lend(folder / 'cache')
            run_verify(options.build.resolve(), kernel, tree, folder, options)
            reached = {}
            for one in gcov(folder):
                add_object(one, reached)
            if not reached:
                fail(f'{kernel}: nothing was counted', 3)
            if kernel not in listed:
                print(f'{kernel}: {LIST.name} has no section of it')
            counts = report(kernel, reached, listed.get(kernel, {}))
            unknown, stale = unknown + counts[0], stale + counts[1]
    for line in absent:
        print(f'coverage: {line}', file=sys.stderr)
    if unknown:
        fail(f'{unknown} places are neither reached nor explained in {LIST.name}')
    if stale and (options.seed, options.operations) == (SEED, OPERATIONS):
        fail(f'{stale} places are reached, though {LIST.name} says that they are not')
    if absent and os.environ.get('CI'):
        fail('in CI all kernels are wanted')


if __name__ == '__main__':
    main()
