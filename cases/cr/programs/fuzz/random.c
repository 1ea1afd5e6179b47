// SPDX-License-Identifier: GPL-2.0
/* Numbers that follow from a seed: splitmix64. */
#include "fuzz.h"

uint64_t random_next(struct random *random)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

struct random random_of(uint64_t seed, uint64_t index, uint64_t part)
{
	struct random random = { seed };

	random.state = random_next(&random) ^ index;
	random.state = random_next(&random) ^ part;
	random_next(&random);
	return random;
}

uint32_t random_below(struct random *random, uint32_t limit)
{
	return limit ? (uint32_t)((random_next(random) >> 32) * limit >> 32) : 0;
}

bool random_chance(struct random *random, uint32_t one_in)
{
	return !random_below(random, one_in);
}
