# SPDX-License-Identifier: GPL-2.0-or-later
#
# The commands of memblock-bench. CMake does the work; this names it. No target needs an argument.
#
#   make              build build/memblock-bench
#   make bench        build, run the default benchmarks, draw the charts: results/latest/
#   make bench-full   the same, thoroughly
#   make plots        draw the charts of results/latest again (RUN=DIR: of another run)
#   make test         every test, in a normal build and under sanitizers
#   make test-counters   the counter layer in an emulated machine that has a PMU (QEMU, arm64)
#   make workloads    boot the captured boots again in QEMU (NAME=...: only those); downloads kernels
#   make conformance  the kernel's own test suite on every variant (package linux-source-6.12, -6.1)
#   make differential every boot and family on every variant and the kernel, to a million regions; hours
#   make counts       simulated and structural counts against the baseline (UPDATE=1: make them that)
#   make check        formatting, two compilers with warnings as errors, static analysis, sanitizers
#   make install      to PREFIX (/usr/local), below DESTDIR if that is set; make uninstall undoes it
#   make clean        remove what was built; results stay
#
# QUICK=1 makes bench a smoke test of seconds; CI=1 adds check to test, wants every package,
# and downloads a kernel to boot.

BUILD ?= build
RESULTS ?= results
RUN ?= $(RESULTS)/latest
PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
CI ?=
QUICK ?=
MAKEFLAGS += --no-print-directory
export BUILD RESULTS JOBS CI

all: packages
	cmake -S . -B $(BUILD)
	cmake --build $(BUILD) -j $(JOBS)

packages:
	@cmake/packages.sh

bench: all
	@cmake/bench.sh $(if $(QUICK),--quick)

bench-full: all
	@cmake/bench.sh --full

plots: all
	@cmake/plots.sh $(RUN)

test:
	@cmake/packages.sh $(if $(CI),check kernel capture counts predict emulated)
	@cmake/test.sh plain sanitized $(if $(CI),static fuzz counts counters)

workloads: all
	@cmake/packages.sh capture
	@python3 -B workloads/capture/catalogue.py --bench $(BUILD)/memblock-bench $(NAME)

test-counters:
	@cmake/packages.sh emulated
	@python3 -B tests/emulated/emulated.py --build=$(BUILD)/emulated

conformance: all
	@python3 tests/conformance/conformance.py $(BUILD)

differential: all
	@cmake/packages.sh kernel
	@MEMBLOCK_BENCH=$(BUILD)/memblock-bench python3 -B tests/scripts/differential.py full

counts: all
	@cmake/packages.sh counts
	@python3 -B tests/counts/counts.py $(BUILD) $(if $(UPDATE),--update)

check:
	@cmake/packages.sh check
	@cmake/test.sh static sanitized

install: packages
	cmake -S . -B $(BUILD) -DCMAKE_INSTALL_PREFIX=$(PREFIX)
	cmake --build $(BUILD) -j $(JOBS)
	cmake --install $(BUILD)

uninstall:
	@test -e $(BUILD)/install_manifest.txt || { \
		echo "$(BUILD)/install_manifest.txt: missing: nothing was installed from here" >&2; exit 2; }
	sed 's|^|$(DESTDIR)|' $(BUILD)/install_manifest.txt | tr '\n' '\0' | xargs -0 rm -f
	rm -rf $(DESTDIR)$(PREFIX)/share/memblock-bench $(DESTDIR)$(PREFIX)/include/memblock

clean:
	rm -rf build build-sanitized build-check build-fuzz

.PHONY: all packages bench bench-full plots test test-counters workloads conformance differential counts check install uninstall clean
