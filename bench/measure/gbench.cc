/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gbench.cc - Google Benchmark for C: the C++ side of gbench.h.
 *
 * Two handles cross the border without being wrapped: struct gb_state is a benchmark::State and
 * struct gb_benchmark a benchmark::internal::Benchmark, under names that C can spell.
 *
 * The library's own reporters are not used as they are. One reporter of ours is the display
 * reporter; it drops aggregate rows, gives every row its plain name back, hands it to the sink, and
 * passes it on to the library's JSON reporter, which writes into a string. So nothing is printed,
 * no file is open during the run, and the warning about a debug build of the library, which its
 * console reporter prints for every Debian machine, never appears (the harness records its own
 * build type instead).
 */
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "measure/gbench.h"

using benchmark::BenchmarkReporter;
using benchmark::Counter;
using benchmark::State;
using benchmark::internal::Benchmark;

namespace
{

/*
 * The library takes defaults of its options from variables BENCHMARK_* of the environment, while static
 * objects are built, before main(): one of them could list benchmarks instead of running them. So the
 * variables are taken out before that, by the program's .preinit_array. Not even the C library is
 * ready then: this calls nothing, and sanitizers stay out.
 */
__attribute__((no_sanitize("address", "undefined"))) void ForgetVariables(int argc, char **argv,
									  char **environment)
{
	static const char prefix[] = "BENCHMARK_";
	char **kept = environment;

	(void)argc;
	(void)argv;
	for (char **at = environment; *at; at++) {
		unsigned same = 0;

		while (prefix[same] && (*at)[same] == prefix[same])
			same++;
		if (prefix[same])
			*kept++ = *at;
	}
	*kept = nullptr;
}

__attribute__((section(".preinit_array"),
	       used)) void (*forget_variables)(int, char **, char **) = ForgetVariables;

/* The message of a repetition that leaves no row. */
const char dropped[] = "dropped";

State &state_of(gb_state *s)
{
	return *reinterpret_cast<State *>(s);
}

const State &state_of(const gb_state *s)
{
	return *reinterpret_cast<const State *>(s);
}

Benchmark *benchmark_of(gb_benchmark *b)
{
	return reinterpret_cast<Benchmark *>(b);
}

class PlainReporter : public BenchmarkReporter
{
      public:
	PlainReporter(const gb_sink *sink, std::ostream *json) : sink_(sink)
	{
		json_.SetOutputStream(json);
		json_.SetErrorStream(json);
	}

	bool ReportContext(const Context &context) override
	{
		context_ = std::make_unique<Context>(context);
		return true;
	}

	void ReportRuns(const std::vector<Run> &runs) override
	{
		std::vector<Run> plain;

		for (const Run &run : runs) {
			if (run.run_type != Run::RT_Iteration || run.report_big_o || run.report_rms)
				continue;
			if (run.error_occurred && run.error_message == dropped)
				continue;
			plain.push_back(run);
			benchmark::BenchmarkName name;
			name.function_name = run.run_name.function_name;
			plain.back().run_name = name;
			if (sink_ && sink_->row)
				Hand(plain.back());
		}
		runs_.insert(runs_.end(), plain.begin(), plain.end());
	}

	/* In the order of registration, whatever order they ran in. The context is written here, too, so
	 * that it can say what is known only now; its date is that of the end of the run. */
	void Finalize() override
	{
		if (sink_ && sink_->end)
			sink_->end(sink_->ctx);
		if (!json_.ReportContext(*context_))
			return;
		std::stable_sort(runs_.begin(), runs_.end(), [](const Run &a, const Run &b) {
			return a.family_index < b.family_index;
		});
		if (!runs_.empty())
			json_.ReportRuns(runs_);
		json_.Finalize();
	}

      private:
	void Hand(const Run &run)
	{
		gb_row row = {};

		row.name = run.run_name.function_name.c_str();
		row.label = run.report_label.c_str();
		row.error = run.error_occurred ? run.error_message.c_str() : nullptr;
		row.repetition = run.repetition_index;
		row.iterations = run.iterations;
		if (!run.error_occurred) {
			row.real_time_ns = run.GetAdjustedRealTime();
			row.cpu_time_ns = run.GetAdjustedCPUTime();
		}
		row.counters = &run.counters;
		sink_->row(sink_->ctx, &row);
	}

	const gb_sink *sink_;
	std::unique_ptr<Context> context_;
	std::vector<Run> runs_;
	benchmark::JSONReporter json_;
};

} // namespace

void gb_start(const char *program, bool interleave)
{
	std::string name = program;
	std::string order = std::string("--benchmark_enable_random_interleaving=") +
			    (interleave ? "true" : "false");
	char *argv[] = { name.data(), order.data(), nullptr };
	int argc = 2;

	benchmark::Initialize(&argc, argv);
	/* The library keeps argv[0] as it is given. */
	static std::string executable;
	executable = program;
	BenchmarkReporter::Context::executable_name = executable.c_str();
}

void gb_context(const char *key, const char *value)
{
	benchmark::AddCustomContext(key, value);
}

gb_benchmark *gb_register(const char *name, gb_function *fn, void *arg)
{
	Benchmark *b = benchmark::RegisterBenchmark(name, [fn, arg](State &state) {
		fn(reinterpret_cast<gb_state *>(&state), arg);
	});

	return reinterpret_cast<gb_benchmark *>(b);
}

void gb_iterations(gb_benchmark *b, int64_t n)
{
	benchmark_of(b)->Iterations(n);
}

void gb_min_time(gb_benchmark *b, double seconds)
{
	benchmark_of(b)->MinTime(seconds);
}

void gb_min_warmup_time(gb_benchmark *b, double seconds)
{
	benchmark_of(b)->MinWarmUpTime(seconds);
}

void gb_repetitions(gb_benchmark *b, int n)
{
	benchmark_of(b)->Repetitions(n);
}

void gb_arg(gb_benchmark *b, int64_t value)
{
	benchmark_of(b)->Arg(value);
}

void gb_use_real_time(gb_benchmark *b)
{
	benchmark_of(b)->UseRealTime();
}

void gb_use_manual_time(gb_benchmark *b)
{
	benchmark_of(b)->UseManualTime();
}

bool gb_row_counter(const gb_row *row, const char *name, double *value)
{
	const auto *counters = static_cast<const benchmark::UserCounters *>(row->counters);
	auto found = counters->find(name);

	if (found == counters->end())
		return false;
	*value = found->second;
	return true;
}

int gb_run(const gb_sink *sink, char **json)
{
	std::ostringstream out;
	PlainReporter reporter(sink, &out);
	size_t n = benchmark::RunSpecifiedBenchmarks(&reporter, ".");

	benchmark::ClearRegisteredBenchmarks();
	if (json) {
		*json = strdup(out.str().c_str());
		if (!*json)
			return -ENOMEM;
	}
	return static_cast<int>(n);
}

void gb_end()
{
	benchmark::Shutdown();
}

bool gb_keep_running(gb_state *s)
{
	return state_of(s).KeepRunning();
}

bool gb_keep_running_batch(gb_state *s, int64_t n)
{
	return state_of(s).KeepRunningBatch(n);
}

void gb_set_iteration_time(gb_state *s, double seconds)
{
	state_of(s).SetIterationTime(seconds);
}

void gb_skip(gb_state *s, const char *message)
{
	state_of(s).SkipWithError(message);
}

void gb_drop(gb_state *s)
{
	/* The library insists on as many operations as the other repetitions have. */
	while (state_of(s).KeepRunningBatch(state_of(s).max_iterations))
		;
	state_of(s).SkipWithError(dropped);
}

int64_t gb_range(const gb_state *s, unsigned index)
{
	return state_of(s).range(index);
}

int64_t gb_max_iterations(const gb_state *s)
{
	return state_of(s).max_iterations;
}

int64_t gb_done_iterations(const gb_state *s)
{
	return state_of(s).iterations();
}

void gb_counter(gb_state *s, const char *name, double value, gb_counter_kind kind)
{
	Counter::Flags flags = Counter::kDefaults;

	if (kind == GB_PER_ITERATION)
		flags = Counter::kAvgIterations;
	else if (kind == GB_PER_SECOND)
		flags = Counter::kIsRate;
	state_of(s).counters[name] = Counter(value, flags);
}

void gb_items_processed(gb_state *s, int64_t items)
{
	state_of(s).SetItemsProcessed(items);
}

void gb_label(gb_state *s, const char *label)
{
	state_of(s).SetLabel(label);
}
