// SPDX-License-Identifier: GPL-2.0
/*
 * What is done to a good image. Each mutation has random numbers of its own, so
 * that leaving one out does not make another of those that stay.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fuzz.h"

/* Room for what mutations add: each adds at most so many objects. */
#define MOST_ADDED	16
#define MOST_GROWTH	65536

static char text[160];

__attribute__((format(printf, 1, 2)))
static void tell(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
}

/* How many objects of its type stand before it. */
static size_t rank_of(const struct image *image, size_t at)
{
	size_t i, rank = 0;

	for (i = 0; i < at; i++)
		rank += image->objects[i].type == image->objects[at].type;
	return rank;
}

static size_t of_type(const struct image *image, uint32_t type, size_t rank)
{
	size_t i;

	for (i = 0; i < image->count; i++)
		if (image->objects[i].type == type && !rank--)
			return i;
	return image->count;
}

static size_t count_of(const struct image *image, uint32_t type)
{
	size_t i, count = 0;

	for (i = 0; i < image->count; i++)
		count += image->objects[i].type == type;
	return count;
}

/* A type first and then one of its objects: a hundred mappings are one choice of many. */
static size_t pick(struct random *random, const struct image *image)
{
	uint32_t found[64] = { 0 };
	size_t nr_found = 0, i, j;
	uint32_t type;

	for (i = 0; i < image->count && nr_found < 64; i++) {
		for (j = 0; j < nr_found; j++)
			if (found[j] == image->objects[i].type)
				break;
		if (j == nr_found)
			found[nr_found++] = image->objects[i].type;
	}
	type = found[random_below(random, (uint32_t)nr_found)];
	return of_type(image, type, random_below(random, (uint32_t)count_of(image, type)));
}

static void own_payload(struct object *object, size_t size)
{
	unsigned char *payload = arena_take(size + 1);

	memset(payload, 0, size + 1);
	if (object->size)
		memcpy(payload, object->payload, size < object->size ? size : object->size);
	object->payload = payload;
	object->size = size;
}

static void insert(struct image *image, size_t at, struct object object)
{
	memmove(&image->objects[at + 1], &image->objects[at],
		(image->count - at) * sizeof(object));
	image->objects[at] = object;
	image->count++;
}

static void take_out(struct image *image, size_t at, size_t count)
{
	memmove(&image->objects[at], &image->objects[at + count],
		(image->count - at - count) * sizeof(image->objects[0]));
	image->count -= count;
}

/* Objects that another one before them counts, and where in its payload. */
static const struct {
	uint32_t member, owner, offset;
} counts[] = {
	{ 402, 401, 0 }, { 302, 301, 0 }, { 506, 501, 56 }, { 504, 501, 60 },
	{ 502, 501, 64 }, { 505, 504, 72 }, { 508, 507, 0 }, { 102, 101, 0 },
};

/* Has the owner's count agree with what is done at a place. */
static void recount(struct image *image, uint32_t member, size_t at, int by)
{
	struct object *owner;
	uint32_t count;
	size_t i, j;

	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		if (counts[i].member != member)
			continue;
		for (j = at; j-- > 0; ) {
			owner = &image->objects[j];
			if (owner->type != counts[i].owner ||
			    owner->size < counts[i].offset + sizeof(count))
				continue;
			own_payload(owner, owner->size);
			memcpy(&count, owner->payload + counts[i].offset, sizeof(count));
			count += (uint32_t)by;
			memcpy(owner->payload + counts[i].offset, &count, sizeof(count));
			return;
		}
	}
}

static uint64_t interesting(struct random *random, uint64_t old)
{
	static const uint64_t values[] = {
		0, 1, 2, 3, 4, 7, 8, 16, 0x7f, 0x80, 0xff, 0x100, 0xfff, 0x1000,
		0x1001, 0x7fff, 0x8000, 0xffff, 0x10000, 0x100000, 0x7fffffff,
		0x80000000, 0xfffffffe, 0xffffffff, 0x100000000,
		0x7ffffffff000, 0x7fffffffffff, 0x800000000000,
		0xffff800000000000, 0xffff880000000000, 0xffffffff80000000,
		0xffffffffff600000, 0x7fffffffffffffff, 0x8000000000000000,
		0xfffffffffffff000, 0xffffffffffffffff,
	};

	switch (random_below(random, 8)) {
	case 0:
		return old + 1;
	case 1:
		return old - 1;
	case 2:
		return old ^ 1ULL << random_below(random, 64);
	case 3:
		return random_chance(random, 2) ? old + 0x1000 : old - 0x1000;
	case 4:
		return random_next(random) >> random_below(random, 64);
	default:
		return values[random_below(random, sizeof(values) / sizeof(values[0]))];
	}
}

/* A place of a size in a payload; most fields have four bytes, pages are dull. */
static bool place(struct random *random, const struct object *object, size_t *size,
		  size_t *offset)
{
	static const size_t sizes[] = { 4, 4, 4, 4, 8, 8, 8, 2, 2, 1 };
	size_t room = object->size;

	*size = sizes[random_below(random, 10)];
	if (room > 512 && !random_chance(random, 8))
		room = 512;
	if (room < *size)
		return false;
	*offset = random_below(random, (uint32_t)(room / *size)) * *size;
	return true;
}

static bool set_field(struct random *random, struct image *image)
{
	size_t at = pick(random, image), size, offset;
	struct object *object = &image->objects[at];
	uint64_t value = 0, old;

	if (!place(random, object, &size, &offset))
		return false;
	own_payload(object, object->size);
	memcpy(&value, object->payload + offset, size);
	old = value;
	value = interesting(random, old);
	memcpy(object->payload + offset, &value, size);
	tell("%s#%zu+%zu: %zu bytes 0x%llx to 0x%llx", type_name(object->type),
	     rank_of(image, at), offset + 8, size, (unsigned long long)old,
	     (unsigned long long)(size < 8 ? value & ((1ULL << size * 8) - 1) : value));
	return true;
}

/* What another of its kind has there: a number that means something. */
static bool borrow_field(struct random *random, struct image *image)
{
	size_t at = pick(random, image), size, offset, from;
	struct object *object = &image->objects[at];
	uint32_t same = (uint32_t)count_of(image, object->type);

	from = of_type(image, object->type, random_below(random, same));
	if (from == at || !place(random, object, &size, &offset) ||
	    image->objects[from].size < offset + size)
		return false;
	own_payload(object, object->size);
	memcpy(object->payload + offset, image->objects[from].payload + offset, size);
	tell("%s#%zu+%zu: %zu bytes of #%zu", type_name(object->type),
	     rank_of(image, at), offset + 8, size, rank_of(image, from));
	return true;
}

static bool flip_bits(struct random *random, struct image *image)
{
	size_t at = pick(random, image);
	struct object *object = &image->objects[at];
	uint32_t count = 1 + random_below(random, 4), bit, i;

	if (!object->size)
		return false;
	own_payload(object, object->size);
	tell("%s#%zu: %u bits", type_name(object->type), rank_of(image, at),
	     (unsigned int)count);
	for (i = 0; i < count; i++) {
		bit = random_below(random, (uint32_t)object->size * 8);
		object->payload[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
	return true;
}

/* What the header says, and nothing else. */
static bool lie_of_length(struct random *random, struct image *image)
{
	static const uint32_t lengths[] = { 0, 1, 7, 8, 9, 16, 4096, 65544,
					    0x7fffffff, 0x80000000, 0xffffffff };
	size_t at = pick(random, image);
	struct object *object = &image->objects[at];
	uint32_t old = object->length;

	switch (random_below(random, 4)) {
	case 0:
		object->length += 1 + random_below(random, 16);
		break;
	case 1:
		object->length -= 1 + random_below(random, 16);
		break;
	default:
		object->length = lengths[random_below(random, 11)];
	}
	tell("%s#%zu: says length %u for %u", type_name(object->type),
	     rank_of(image, at), (unsigned int)object->length, (unsigned int)old);
	return true;
}

static bool resize(struct random *random, struct image *image)
{
	size_t at = pick(random, image), old, size, i;
	struct object *object = &image->objects[at];

	old = size = object->size;
	switch (random_below(random, 4)) {
	case 0:
		size = random_below(random, (uint32_t)size + 1);
		break;
	case 1:
		size += 1 + random_below(random, 8);
		break;
	case 2:
		size += random_below(random, MOST_GROWTH);
		break;
	default:
		size -= size < 8 ? size : 1 + random_below(random, 8);
	}
	own_payload(object, size);
	for (i = old; i < size; i += 8)
		object->payload[i] = (unsigned char)random_next(random);
	object->length = (uint32_t)size + 8;
	tell("%s#%zu: %zu bytes long, was %zu", type_name(object->type),
	     rank_of(image, at), size + 8, old + 8);
	return true;
}

static bool retype(struct random *random, struct image *image)
{
	size_t at = pick(random, image), rank = rank_of(image, at);
	struct object *object = &image->objects[at];
	char old[24];

	snprintf(old, sizeof(old), "%s", type_name(object->type));
	object->type = random_chance(random, 8) ? (uint32_t)random_next(random)
						: nth_type(random_below(random, 1000));
	tell("%s#%zu: is %s", old, rank, type_name(object->type));
	return true;
}

/* An object and what belongs to it: as far as the next of its kind, or so many. */
static size_t run_from(struct random *random, const struct image *image, size_t at)
{
	uint32_t most = 1 + random_below(random, 4);
	size_t count = 1;

	if (random_chance(random, 2))
		return 1;
	while (at + count < image->count && count < most &&
	       image->objects[at + count].type != image->objects[at].type)
		count++;
	return count;
}

static bool delete(struct random *random, struct image *image)
{
	size_t at = pick(random, image), count = run_from(random, image, at);
	uint32_t type = image->objects[at].type;
	bool counted = random_chance(random, 2);

	if (count >= image->count)
		return false;
	tell("%s#%zu: %zu objects out%s", type_name(type), rank_of(image, at), count,
	     counted ? ", counted" : "");
	take_out(image, at, count);
	if (counted)
		recount(image, type, at, -1);
	return true;
}

static bool duplicate(struct random *random, struct image *image)
{
	size_t at = pick(random, image), count = run_from(random, image, at), to, i;
	uint32_t type = image->objects[at].type;
	bool counted = random_chance(random, 2);
	struct object copies[4];

	to = random_chance(random, 2) ? at : random_below(random, (uint32_t)image->count);
	tell("%s#%zu: %zu objects again before %s#%zu%s", type_name(type),
	     rank_of(image, at), count, type_name(image->objects[to].type),
	     rank_of(image, to), counted ? ", counted" : "");
	memcpy(copies, &image->objects[at], count * sizeof(copies[0]));
	for (i = 0; i < count; i++)
		insert(image, to + i, copies[i]);
	if (counted)
		recount(image, type, to, 1);
	return true;
}

static bool swap(struct random *random, struct image *image)
{
	size_t a = pick(random, image), b = pick(random, image);
	struct object object = image->objects[a];

	if (random_chance(random, 2) && a + 1 < image->count)
		b = a + 1;
	if (a == b)
		return false;
	tell("%s#%zu: changes places with %s#%zu", type_name(object.type),
	     rank_of(image, a), type_name(image->objects[b].type), rank_of(image, b));
	image->objects[a] = image->objects[b];
	image->objects[b] = object;
	return true;
}

static bool splice(struct random *random, struct image *image, const struct entry *other)
{
	const struct image *from = &other->image;
	size_t at = pick(random, image), source, count, i;
	uint32_t type = image->objects[at].type;
	struct image crossed;

	switch (random_below(random, 3)) {
	case 0:
		count = count_of(from, type);
		if (!count)
			return false;
		source = of_type(from, type, random_below(random, (uint32_t)count));
		tell("%s#%zu: that of %s", type_name(type), rank_of(image, at), other->name);
		image->objects[at] = from->objects[source];
		return true;
	case 1:
		source = pick(random, from);
		count = run_from(random, from, source);
		tell("%s#%zu: before it %zu objects of %s from %s#%zu", type_name(type),
		     rank_of(image, at), count, other->name,
		     type_name(from->objects[source].type), rank_of(from, source));
		for (i = 0; i < count; i++)
			insert(image, at + i, from->objects[source + i]);
		return true;
	default:
		count = count_of(from, type);
		if (!count)
			return false;
		source = of_type(from, type, random_below(random, (uint32_t)count));
		tell("%s#%zu: from there on %s", type_name(type), rank_of(image, at), other->name);
		crossed.count = at + from->count - source;
		crossed.cut = image->cut;
		crossed.objects = arena_take((crossed.count + MOST_MUTATIONS * MOST_ADDED) *
					     sizeof(*crossed.objects));
		memcpy(crossed.objects, image->objects, at * sizeof(*crossed.objects));
		memcpy(crossed.objects + at, from->objects + source,
		       (from->count - source) * sizeof(*crossed.objects));
		*image = crossed;
		return true;
	}
}

static bool truncate_image(struct random *random, struct image *image)
{
	size_t at = pick(random, image), length = 0, i;

	for (i = at; i < image->count; i++)
		length += 8 + image->objects[i].size;
	image->cut = random_chance(random, 2)
		   ? length : random_below(random, (uint32_t)length);
	tell("%zu bytes cut off its end", image->cut);
	return true;
}

static bool mutate(struct random *random, struct image *image, const struct entry *other)
{
	uint32_t choice = random_below(random, 100);

	if (choice < 38)
		return set_field(random, image);
	if (choice < 46)
		return borrow_field(random, image);
	if (choice < 55)
		return flip_bits(random, image);
	if (choice < 60)
		return lie_of_length(random, image);
	if (choice < 66)
		return resize(random, image);
	if (choice < 70)
		return retype(random, image);
	if (choice < 78)
		return delete(random, image);
	if (choice < 84)
		return duplicate(random, image);
	if (choice < 88)
		return swap(random, image);
	if (choice < 98)
		return splice(random, image, other);
	return truncate_image(random, image);
}

struct trial make_mutant(const struct corpus *corpus, uint64_t seed, uint64_t index,
			 unsigned int applied,
			 void (*told)(unsigned int number, const char *text))
{
	struct random random = random_of(seed, index, 0), own;
	const struct entry *entry, *other;
	struct trial trial = { NULL };
	struct image image;
	unsigned int i, tries;
	bool done;

	if (seed == SEED_OF_FAILURES) {
		entry = &corpus->entries[index / MOST_ALLOCATIONS % corpus->count];
		trial.entry = entry;
		trial.as_user = entry->users;
		trial.failing = (unsigned int)(index % MOST_ALLOCATIONS) + 1;
		trial.bytes = image_bytes(&entry->image);
		tell("allocation %u fails", trial.failing);
		if (told)
			told(0, text);
		return trial;
	}
	entry = &corpus->entries[random_below(&random, (uint32_t)corpus->count)];
	trial.entry = entry;
	/* Mostly whose it is: who may less is refused early, who may more seldom. */
	trial.as_user = random_chance(&random, 4) ? !entry->users : entry->users;
	trial.same_pids = random_chance(&random, 2) && !trial.as_user;
	trial.nr_mutations = 1;
	while (trial.nr_mutations < MOST_MUTATIONS && random_chance(&random, 2))
		trial.nr_mutations++;
	image = image_copy(&entry->image, MOST_MUTATIONS * MOST_ADDED);
	for (i = 0; i < trial.nr_mutations; i++) {
		if (!(applied & 1U << i))
			continue;
		own = random_of(seed, index, i + 1);
		done = false;
		for (tries = 0; tries < 16 && !done && image.count > 1; tries++) {
			other = &corpus->entries[random_below(&own, (uint32_t)corpus->count)];
			done = mutate(&own, &image, other);
		}
		if (told)
			told(i, done ? text : "nothing");
	}
	trial.bytes = image_bytes(&image);
	return trial;
}
