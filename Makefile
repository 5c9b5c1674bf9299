# SPDX-License-Identifier: GPL-2.0-or-later
#
# The commands of memblock-bench. CMake does the work; this names it. No target
# needs an argument.
#
#   make               build everything: build/memblock-bench, the tests
#   make bench         build, run the default benchmarks, draw the charts:
#                      results/latest/; after Ctrl-C it goes on where it was
#   make bench-full    the same, thoroughly
#   make plots         draw the charts of results/latest again (RUN=DIR: of
#                      another run)
#   make test          every test, in a normal build and under sanitizers
#   make test-counters the counter layer in an emulated machine that has a PMU
#                      (QEMU, arm64)
#   make workloads     boot the captured boots again in QEMU (NAME=...: only
#                      those); downloads kernels
#   make conformance   the kernel's own test suite on every variant (packages
#                      linux-source-6.12, -6.1; the newest if it is there)
#   make coverage      lines and branches of the kernel's own code that verify
#                      reaches, and why others are not; ten minutes
#   make upstream      faults that the kernel's own test suite does not see, or
#                      late, as cases of it, built and run; five minutes
#   make differential  every boot and family on every variant and the kernel,
#                      to a million regions; hours
#   make hosts         the program on hosts of the other byte order, of 32 bits,
#                      and arm64, in QEMU's user mode; ten minutes
#   make mutants       every macro and function that stands for the rest of a
#                      kernel made wrong: is it noticed? some minutes (UPDATE=1:
#                      make the table that is committed)
#   make configurations the kernel without NUMA, of 32 bits and so on: its test
#                      suite, the worked cases and three million operations in
#                      each, on three kernels; half an hour, and goes on where it
#                      was (UPDATE=1: make the table that is committed)
#   make exhaustive    every call from every layout of a machine of four pages on
#                      every store and the kernel, the newest one too
#                      (MEMBLOCK_TREE: that tree); an hour or two
#   make counts        simulated and structural counts against the baseline
#                      (UPDATE=1: make them that)
#   make scale         cost against the number of regions, growth, handovers
#   make steps         what steps in the kernel's own file buy (half an hour)
#   make series        LINUX=TREE: they applied, built and tested in a kernel tree
#   make targets       the recommended store against its targets
#   make baseline      counts and times of all variants made the records, and all
#                      pages of them (needs a quiet machine; an hour or two)
#   make sizes         code, stack and data of every variant and of the kernel's
#                      file, and what the kernel's own structures would cost,
#                      against the record (UPDATE=1: make them that)
#   make check         formatting, two compilers with warnings as errors,
#                      rooms, static analysis, sanitizers
#   make install       to PREFIX (/usr/local), below DESTDIR if that is set
#   make uninstall     undo that: the same PREFIX and DESTDIR
#   make clean         remove what was built; results stay (uninstall first:
#                      what was installed is recorded there)
#   make help          this
#
# QUICK=1 makes bench a smoke test of seconds, which is no results/latest; CI=1
# adds check to test, wants every package, and downloads a kernel to boot and
# the newest kernel's source; VERBOSE=1 shows what building says; MB_NO_INSTALL=1
# keeps root from installing packages. BUILD and RESULTS are other folders than
# build and results, JOBS another number of processes than there are processors.

BUILD ?= build
RESULTS ?= results
RUN ?= $(RESULTS)/latest
PREFIX ?= /usr/local
DESTDIR ?=
JOBS ?= $(shell nproc)
CI ?=
QUICK ?=
MAKEFLAGS += --no-print-directory
# cd in scripts is to go where it says, without a word.
unexport CDPATH
# Recipes take them from the environment, where blanks and quotes are no matter.
export BUILD RESULTS RUN PREFIX DESTDIR JOBS CI

all: packages
	@cmake/build.sh "$$BUILD"

program: packages
	@cmake/build.sh "$$BUILD" memblock-bench

packages:
	@cmake/packages.sh

bench: packages
	@cmake/bench.sh $(if $(QUICK),--quick)

bench-full: packages
	@cmake/bench.sh --full

plots: program
	@cmake/plots.sh "$$RUN"

test:
	@cmake/packages.sh $(if $(CI),check kernel capture counts peers predict emulated)
	@$(if $(CI),cmake/newest.sh --want)
	@cmake/test.sh plain sanitized $(if $(CI),threads static fuzz counts counters)

workloads: program
	@cmake/packages.sh capture kexec
	@python3 -B workloads/capture/catalogue.py --bench "$$BUILD/memblock-bench" $(NAME)

coverage: program
	@cmake/packages.sh kernel
	@python3 -B tests/coverage/coverage.py "$$BUILD"

test-counters:
	@cmake/packages.sh emulated
	@python3 -B tests/emulated/emulated.py --build="$$BUILD/emulated"

conformance: program
	@cmake/packages.sh kernel
	@python3 tests/conformance/conformance.py "$$BUILD"

upstream: program
	@cmake/packages.sh kernel
	@MEMBLOCK_BENCH="$$BUILD/memblock-bench" python3 -B tests/scripts/upstream.py --all

differential: program
	@cmake/packages.sh kernel
	@MEMBLOCK_BENCH="$$BUILD/memblock-bench" python3 -B tests/scripts/differential.py full

hosts: program
	@cmake/packages.sh hosts
	@python3 -B tests/hosts/hosts.py --bench="$$BUILD/memblock-bench" --build="$$BUILD/hosts" \
		$(if $(UPDATE),--record=tests/hosts/record.md)

mutants: all
	@cmake/packages.sh kernel
	@python3 -B tests/mutants/mutants.py "$$BUILD" $(if $(UPDATE),--record=tests/mutants/record.md)

configurations: all
	@cmake/packages.sh kernel hosts
	@python3 -B tests/configurations/configurations.py "$$BUILD" \
		$(if $(UPDATE),--record=tests/configurations/record.md)

exhaustive: program
	@cmake/packages.sh kernel
	@MEMBLOCK_BENCH="$$BUILD/memblock-bench" sh tests/scripts/exhaustive.sh

counts: program
	@cmake/packages.sh counts
	@python3 -B tests/counts/counts.py "$$BUILD" $(if $(UPDATE),--update)

sizes: all
	@cmake/packages.sh kernel
	@python3 -B tests/sizes/sizes.py "$$BUILD" $(if $(UPDATE),--update)
	@python3 -B tests/sizes/structures.py "$$BUILD" $(if $(UPDATE),--update)

scale: all
	@cmake/packages.sh counts
	@python3 -B tests/counts/scale.py count "$$BUILD" results/scale/scale.json
	@python3 -B tests/counts/scale.py tables results/scale/scale.json results/scale/README.md

steps: all
	@cmake/packages.sh kernel counts
	@python3 -B tests/counts/steps.py count "$$BUILD" results/steps/steps.json
	@python3 -B tests/counts/steps.py time "$$BUILD" results/steps/steps.json
	@python3 -B tests/counts/steps.py page

series: program
	@[ -n "$(LINUX)" ] || { echo "make series LINUX=TREE: a whole kernel tree" >&2 && exit 2; }
	@sh tests/upstream/series.sh "$$(realpath "$$BUILD")/memblock-bench" "$(LINUX)"

targets:
	@python3 -B tests/counts/targets.py

baseline: all
	@cmake/packages.sh kernel counts peers
	@python3 -B tests/counts/baseline.py measure "$$BUILD" $(if $(ANYHOW),--anyhow)

check: packages
	@cmake/packages.sh $(if $(CI),,--want) check
	@cmake/test.sh static sanitized

install: packages
	@cmake/install.sh

uninstall:
	@cmake/install.sh --undo

# BUILD may be any folder: it goes only if it was built in.
clean:
	@[ ! -e "$$BUILD/CMakeCache.txt" ] || rm -rf "$$BUILD"
	@rm -rf build-sanitized build-threads build-check build-fuzz

help:
	@sed -n '3,/^$$/s/^# \{0,1\}//p' Makefile

# Goals share a build folder; CMake builds in parallel.
.NOTPARALLEL:
.PHONY: all program packages bench bench-full plots test test-counters workloads conformance \
	coverage differential hosts mutants configurations exhaustive upstream counts sizes scale steps series targets baseline check install uninstall clean help
