/* SPDX-License-Identifier: GPL-2.0-or-later */
/* random.h - random numbers, the same for the same seed everywhere, and hashes made of them. */
#ifndef BENCH_RANDOM_H
#define BENCH_RANDOM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* splitmix64: small, seedable, the same everywhere. */
static inline uint64_t bench_random(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* A number below @n, > 0. The bias of the modulus is below 2^-40 for all n used here. */
static inline uint64_t bench_random_below(uint64_t *state, uint64_t n)
{
	return bench_random(state) % n;
}

static inline uint64_t bench_hash(uint64_t hash, uint64_t value)
{
	uint64_t state = hash ^ value;

	return bench_random(&state);
}

#ifdef __cplusplus
}
#endif
#endif
