// SPDX-License-Identifier: GPL-2.0
/* An image as a list of objects, and back: docs/image-format.md. */
#include <stdio.h>
#include <string.h>

#include "fuzz.h"

static const struct {
	uint32_t type;
	const char *name;
} names[] = {
	{ 1, "HEADER" }, { 2, "HEADER_ARCH" }, { 3, "BUFFER" },
	{ 4, "STRING" }, { 5, "OBJREF" }, { 6, "BUILD_ID" }, { 101, "TREE" },
	{ 102, "TASK" }, { 103, "TASK_NS" }, { 104, "TASK_OBJS" },
	{ 105, "RESTART_BLOCK" }, { 106, "THREAD" }, { 107, "CPU" },
	{ 108, "TASK_SIGNALS" }, { 109, "PROCESS_SIGNALS" }, { 110, "CRED" },
	{ 111, "TASK_FS" }, { 112, "FS" }, { 113, "NS" }, { 114, "CRED_MORE" },
	{ 115, "RSEQ" }, { 116, "TASK_UNDO" }, { 117, "TASK_SCHED" },
	{ 201, "THREAD_TLS" }, { 202, "CPU_FPU" }, { 203, "MM_CONTEXT_LDT" },
	{ 204, "CPU_FEATURES" }, { 301, "FILE_TABLE" }, { 302, "FILE_DESC" },
	{ 303, "FILE_NAME" }, { 304, "FILE" }, { 305, "FILE_PIPE" },
	{ 306, "PIPE" }, { 307, "PIPE_SIZE" }, { 308, "PIPE_OWNER" },
	{ 309, "FILE_STAMP" }, { 401, "MM" }, { 402, "VMA" }, { 403, "PGARR" },
	{ 404, "MM_CONTEXT" }, { 405, "SHMEM" }, { 406, "MM_FLAGS" },
	{ 407, "MM_LAYOUT" }, { 501, "IPC_NS" }, { 502, "IPC_SHM" },
	{ 503, "IPC_ATTACH" }, { 504, "IPC_MSG" }, { 505, "IPC_MESSAGE" },
	{ 506, "IPC_SEM" }, { 507, "IPC_UNDO" }, { 508, "IPC_UNDO_SET" },
	{ 551, "IPC_NS_MORE" }, { 552, "IPC_NS_LIMITS" }, { 9001, "TAIL" },
	{ 9999, "ERROR" },
};

#define NR_NAMES	(sizeof(names) / sizeof(names[0]))

uint32_t nth_type(size_t index)
{
	return names[index % NR_NAMES].type;
}

const char *type_name(uint32_t type)
{
	static char unnamed[24];
	size_t i;

	for (i = 0; i < NR_NAMES; i++)
		if (names[i].type == type)
			return names[i].name;
	snprintf(unnamed, sizeof(unnamed), "type%u", (unsigned int)type);
	return unnamed;
}

static bool next_object(struct bytes bytes, size_t at, struct object *object)
{
	uint32_t header[2];

	if (bytes.length - at < sizeof(header))
		return false;
	memcpy(header, bytes.data + at, sizeof(header));
	if (header[1] < sizeof(header) || header[1] > bytes.length - at)
		return false;
	*object = (struct object){
		.type = header[0],
		.length = header[1],
		.payload = bytes.data + at + sizeof(header),
		.size = header[1] - sizeof(header),
	};
	return true;
}

/* False unless it is objects from its first byte to its last. */
bool image_parse(struct bytes bytes, struct image *image)
{
	struct object object;
	size_t at, count = 0;

	for (at = 0; at < bytes.length; at += object.length, count++)
		if (!next_object(bytes, at, &object))
			return false;
	*image = (struct image){ arena_take(count * sizeof(object)), 0, 0 };
	for (at = 0; at < bytes.length; at += object.length) {
		next_object(bytes, at, &object);
		image->objects[image->count++] = object;
	}
	return count > 0;
}

/* With room for `more` objects. */
struct image image_copy(const struct image *image, size_t more)
{
	struct image copy = *image;

	copy.objects = arena_take((image->count + more) * sizeof(*copy.objects));
	memcpy(copy.objects, image->objects, image->count * sizeof(*copy.objects));
	return copy;
}

struct bytes image_bytes(const struct image *image)
{
	const struct object *object;
	struct bytes bytes = { NULL, 0 };
	unsigned char *next;
	uint32_t header[2];
	size_t i;

	for (i = 0; i < image->count; i++)
		bytes.length += sizeof(header) + image->objects[i].size;
	next = bytes.data = arena_take(bytes.length + 1);
	for (i = 0; i < image->count; i++) {
		object = &image->objects[i];
		header[0] = object->type;
		header[1] = object->length;
		memcpy(next, header, sizeof(header));
		if (object->size)
			memcpy(next + sizeof(header), object->payload, object->size);
		next += sizeof(header) + object->size;
	}
	bytes.length -= image->cut < bytes.length ? image->cut : bytes.length;
	return bytes;
}
