/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * presets.c - names of counters, and which events of the kernel and of vendors they are.
 *
 * The kernel's generic event comes first: it picks the event of whatever PMU there is. Behind it are the
 * names of vendors, for PMUs whose driver knows no generic event for it; they differ between Intel, AMD
 * and Arm, and between generations of each. tests/unit/test_encodings.c holds every name against libpfm4.
 */
#include "counters/perf_impl.h"

#include <string.h>

const char *const counter_source_names[] = {
	[COUNTER_HARDWARE] = "hardware",
	[COUNTER_SOFTWARE] = "software",
	[COUNTER_SIMULATED] = "simulated",
	[COUNTER_STRUCTURAL] = "structural",
};

const struct counter_definition counter_definitions[] = {
	{ "instructions",
	  "instructions retired",
	  COUNTER_HARDWARE,
	  PROBE_LOOP,
	  true,
	  { "perf::INSTRUCTIONS", "INSTRUCTION_RETIRED", "RETIRED_INSTRUCTIONS", "INST_RETIRED" },
	  2 },
	{ "cycles",
	  "processor cycles, at whatever frequency",
	  COUNTER_HARDWARE,
	  PROBE_LOOP,
	  true,
	  { "perf::CYCLES", "UNHALTED_CORE_CYCLES", "CYCLES_NOT_IN_HALT", "CPU_CYCLES" },
	  0 },
	{ "branches",
	  "branches retired",
	  COUNTER_HARDWARE,
	  PROBE_LOOP,
	  true,
	  { "perf::BRANCH-INSTRUCTIONS", "BR_INST_RETIRED:ALL_BRANCHES",
	    "RETIRED_BRANCH_INSTRUCTIONS", "BR_RETIRED", "PC_WRITE_RETIRED" },
	  1 },
	{ "branch_misses",
	  "branches predicted wrongly",
	  COUNTER_HARDWARE,
	  PROBE_BRANCHES,
	  true,
	  { "perf::BRANCH-MISSES", "BR_MISP_RETIRED:ALL_BRANCHES",
	    "RETIRED_BRANCH_INSTRUCTIONS_MISPREDICTED", "BR_MIS_PRED_RETIRED" },
	  0 },
	{ "l1d_misses",
	  "loads that miss the first data cache",
	  COUNTER_HARDWARE,
	  PROBE_LINES,
	  true,
	  { "perf::L1-DCACHE-LOAD-MISSES", "L1D:REPLACEMENT", "L1D_CACHE_REFILL" },
	  0 },
	{ "llc_misses",
	  "loads that miss the last cache",
	  COUNTER_HARDWARE,
	  PROBE_LINES,
	  true,
	  { "perf::LLC-LOAD-MISSES", "perf::CACHE-MISSES", "LONGEST_LAT_CACHE:MISS",
	    "LL_CACHE_MISS_RD" },
	  0 },
	{ "dtlb_misses",
	  "loads whose page the TLB does not know",
	  COUNTER_HARDWARE,
	  PROBE_PAGES,
	  true,
	  { "perf::DTLB-LOAD-MISSES", "DTLB_LOAD_MISSES:WALK_COMPLETED",
	    "L1_DTLB_MISS:TLB_RELOAD_4K_L2_MISS", "L1D_TLB_REFILL" },
	  0 },
	{ "l1d_loads",
	  "loads",
	  COUNTER_HARDWARE,
	  PROBE_LINES,
	  false,
	  { "perf::L1-DCACHE-LOADS", "L1D_CACHE" },
	  0 },
	{ "l1i_misses",
	  "fetches that miss the first code cache",
	  COUNTER_HARDWARE,
	  PROBE_CODE,
	  false,
	  { "perf::L1-ICACHE-LOAD-MISSES", "L2_RQSTS:ALL_CODE_RD", "L1I_CACHE_REFILL" },
	  0 },
	{ "itlb_misses",
	  "fetches whose page the TLB does not know",
	  COUNTER_HARDWARE,
	  PROBE_CODE,
	  false,
	  { "perf::ITLB-LOAD-MISSES", "ITLB_MISSES:WALK_COMPLETED",
	    "L1_ITLB_MISS_L2_ITLB_MISS:COALESCED4K", "L1I_TLB_REFILL" },
	  0 },
	{ "page_faults",
	  "pages mapped at the first touch",
	  COUNTER_SOFTWARE,
	  PROBE_FAULTS,
	  true,
	  { "perf::PAGE-FAULTS" },
	  1 },
	{ "context_switches",
	  "times that another thread ran",
	  COUNTER_SOFTWARE,
	  PROBE_SLEEP,
	  true,
	  { "perf::CONTEXT-SWITCHES" },
	  0 },
	{ "cpu_migrations",
	  "moves to another processor",
	  COUNTER_SOFTWARE,
	  PROBE_MIGRATE,
	  true,
	  { "perf::CPU-MIGRATIONS" },
	  0 },
};

const unsigned counter_definition_count =
	sizeof(counter_definitions) / sizeof(counter_definitions[0]);

const struct counter_preset counter_presets[] = {
	{ "cache", { "l1d_loads", "l1d_misses", "l1i_misses", "llc_misses" } },
	{ "branch", { "branches", "branch_misses" } },
	{ "tlb", { "dtlb_misses", "itlb_misses" } },
};

const unsigned counter_preset_count = sizeof(counter_presets) / sizeof(counter_presets[0]);

const struct counter_definition *counter_definition_find(const char *name)
{
	for (unsigned i = 0; i < counter_definition_count; i++)
		if (!strcmp(name, counter_definitions[i].name))
			return &counter_definitions[i];
	return NULL;
}

const char *counter_default(unsigned i)
{
	for (unsigned at = 0; at < counter_definition_count; at++)
		if (counter_definitions[at].by_default && i-- == 0)
			return counter_definitions[at].name;
	return NULL;
}

const char *counter_description(const char *name)
{
	const struct counter_definition *definition = counter_definition_find(name);

	return definition ? definition->description : "an event of libpfm4";
}
