/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gbench.h - Google Benchmark, from C.
 *
 * Google Benchmark is the timing loop and the JSON writer of this project; it is C++, everything
 * else here is C. This header is the whole border between them: nothing else includes
 * <benchmark/benchmark.h>.
 *
 * The life of a run:
 *
 *     gb_start("memblock-bench", true);                   once per process
 *     gb_context("seed", "1");
 *     b = gb_register("search/random/array/regions:16", search, &my_case);
 *     gb_use_real_time(b); gb_iterations(b, 100000); gb_repetitions(b, 9);
 *     gb_run(&sink, &json);                                calls search(state, &my_case) 9 times
 *     gb_end();
 *
 *     static void search(struct gb_state *s, void *arg)    one repetition
 *     {
 *             ... untimed set-up ...
 *             while (gb_keep_running_batch(s, 1000))       timed from the first call that
 *                     ... 1000 operations ...              returns true to the one that returns
 *             gb_label(s, "answers:1a2b3c4d");             false
 *     }
 *
 * A benchmark function must not return before gb_keep_running*() returned false, unless it called
 * gb_skip(). Nothing here is thread-safe; everything runs on the calling thread.
 *
 * What a call costs, on the clock of a 2.5 GHz virtual machine (docs/method.md; tests/unit/test_gbench.c
 * prints it for the machine at hand):
 *
 *     gb_keep_running()          1.5 ns: a call through this border and a decrement
 *     gb_keep_running_batch(n)   the same, for n operations: 0.01 ns each with 1024
 *     gb_set_iteration_time()    3 ns, outside of what it reports
 *     the first and last call    about 1 us together: two clocks are read, one by system call
 *     gb_counter(), gb_label()   100 ns and more (a map, a string): after the loop only
 *     pausing and resuming       230-300 ns a pair in the library, so not offered: untimed work
 *                                inside the loop wants gb_use_manual_time()
 *
 * Not offered either: complexity fits (rows without a time, which readers of the format reject),
 * threads, fixtures and custom statistics.
 */
#ifndef BENCH_GBENCH_H
#define BENCH_GBENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct gb_state;     /* one repetition of one benchmark; valid during its function */
struct gb_benchmark; /* a registered benchmark; valid until gb_run() returns */

typedef void gb_function(struct gb_state *state, void *arg);

/* ---- a run ------------------------------------------------------------------------------------- */

/**
 * gb_start() - initialise the library.
 * @program:    recorded as "executable".
 * @interleave: run the repetitions of all benchmarks in one random order, so that drift of the
 *              machine falls on all alike. The library draws the order itself, without a seed.
 *
 * Nothing but these arguments and the settings below decides what runs: the library's variables
 * BENCHMARK_* are taken out of the environment when the program starts.
 */
void gb_start(const char *program, bool interleave);

/** gb_context() - add KEY: VALUE to the context of the result. Each key once per process. */
void gb_context(const char *key, const char *value);

/**
 * gb_register() - add a benchmark.
 * @name: appears in results exactly so: the suffixes that the library appends for its settings
 *        (/iterations:, /manual_time ...) are removed. Copied.
 * @fn:   called once per repetition, more often before the first unless gb_iterations() was called.
 * @arg:  passed to @fn; the caller keeps it alive until gb_run() returns.
 */
struct gb_benchmark *gb_register(const char *name, gb_function *fn, void *arg);

/* Settings of a benchmark, before gb_run(). */
void gb_iterations(struct gb_benchmark *b, int64_t n); /* exactly so many operations a repetition */
void gb_min_time(struct gb_benchmark *b, double seconds); /* or until so much time was measured */
void gb_min_warmup_time(struct gb_benchmark *b, double seconds);
void gb_repetitions(struct gb_benchmark *b, int n);
void gb_arg(struct gb_benchmark *b, int64_t value); /* readable as gb_range(state, 0) */
void gb_use_real_time(struct gb_benchmark *b);      /* wall time decides, not processor time */
void gb_use_manual_time(struct gb_benchmark *b);    /* gb_set_iteration_time() decides */

/* One finished repetition. Strings are valid during the callback. */
struct gb_row {
	const char *name;
	const char *label;
	const char *error;    /* NULL, or the text given to gb_skip(); times are then 0 */
	int64_t repetition;   /* from 0 */
	int64_t iterations;   /* operations */
	double real_time_ns;  /* per operation */
	double cpu_time_ns;   /* per operation, untimed work included */
	const void *counters; /* for gb_row_counter() */
};

/** gb_row_counter() - a user counter of the row; false if it has none of that name. */
bool gb_row_counter(const struct gb_row *row, const char *name, double *value);

/* Where rows go as they become known: all repetitions of a benchmark after its last one. */
struct gb_sink {
	void (*row)(void *ctx, const struct gb_row *row);
	void *ctx;
	/* After the last row, the last chance for gb_context(). May be NULL. */
	void (*end)(void *ctx);
};

/**
 * gb_run() - run everything that was registered, and forget it.
 * @sink: may be NULL.
 * @json: set to Google Benchmark's JSON of the run, plain rows only (no aggregates): a string to be
 *        released with free(). May be NULL.
 *
 * Return: the number of benchmarks run, or -ENOMEM.
 */
int gb_run(const struct gb_sink *sink, char **json);

/** gb_end() - release what the library holds. Last: it does not start again in this process. */
void gb_end(void);

/* ---- inside a benchmark function --------------------------------------------------------------- */

/* The timed loop. @n: operations that the body performs now, > 0; the last batch may overshoot. */
bool gb_keep_running(struct gb_state *s);
bool gb_keep_running_batch(struct gb_state *s, int64_t n);

/* Manual time: seconds measured for what the loop body did. They are summed over all calls, in the loop
 * or behind it, and divided by the number of operations. */
void gb_set_iteration_time(struct gb_state *s, double seconds);

/* The repetition is worthless: @message becomes its "error_message", and the loop ends. */
void gb_skip(struct gb_state *s, const char *message);

/* The repetition is left out, as if it had not been asked for: no row. Before the loop. */
void gb_drop(struct gb_state *s);

int64_t gb_range(const struct gb_state *s, unsigned index); /* of gb_arg() */
int64_t gb_max_iterations(const struct gb_state *s);        /* operations asked for */
int64_t gb_done_iterations(const struct gb_state *s);       /* performed, after the loop */

/* How a counter's value is to be read. */
enum gb_counter_kind {
	GB_PLAIN,         /* as it is */
	GB_PER_ITERATION, /* divided by the number of operations */
	GB_PER_SECOND,    /* divided by the measured time */
};

/* After the loop. A counter that could not be measured is not set at all. */
void gb_counter(struct gb_state *s, const char *name, double value, enum gb_counter_kind kind);
void gb_items_processed(struct gb_state *s, int64_t items); /* adds items_per_second */
void gb_label(struct gb_state *s, const char *label);

#ifdef __cplusplus
}
#endif
#endif
