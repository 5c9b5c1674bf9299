#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kernels_unpacked.sh - the kernels' sources are unpacked in the user's cache: before the tests that have caches of
# their own, which take it from there (expect.sh, newest.py). Each is a quarter of a minute of xz, and others would
# wait for it. Where a source is not there, that is for those tests to judge.
. "$(dirname "$0")/expect.sh"

for version in newest 6.12 6.1; do
	run "$bench" replay --variants=linux:version=$version --rounds=0 \
		"$source_dir/workloads/captured/x86_64-6.12-cloud-4G-2node.trace.zst"
	check "$version: status $status" test $status = 0 -o $status = 3
done
finish
