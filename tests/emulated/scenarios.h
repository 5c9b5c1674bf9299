/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scenarios.h - what init.c runs in the emulated machine: checks of the counter layer, one verdict each. */
#ifndef TESTS_EMULATED_SCENARIOS_H
#define TESTS_EMULATED_SCENARIOS_H

struct scenario {
	const char *name;
	void (*run)(void);
};

extern const struct scenario scenarios[];
extern const unsigned scenario_count;

#endif
