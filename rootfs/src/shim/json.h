/* SPDX-License-Identifier: GPL-2.0 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>

/*
 * One line of JSON in memory, at most JSON_LIMIT bytes. A line that would
 * not fit, or for which there is no memory, turns into an error of its own
 * when it is finished. A NULL name leaves the name out (in arrays).
 */
struct json {
	char *text;
	size_t used, room;
	bool broken;
};

#define JSON_LIMIT	(8UL << 20)

void json_begin(struct json *json);
void json_text(struct json *json, const char *name, const char *text);
void json_bytes(struct json *json, const char *name, const void *bytes,
		size_t length);
void json_base64(struct json *json, const char *name, const void *bytes,
		 size_t length);
void json_number(struct json *json, const char *name, long long number);
void json_bool(struct json *json, const char *name, bool value);
void json_null(struct json *json, const char *name);
void json_open(struct json *json, const char *name, char bracket);
void json_close(struct json *json, char bracket);

/* Takes members that another json holds into this one. */
void json_members(struct json *json, const struct json *from);

/* Ends the line; returns it, newline included, and its length. */
const char *json_finish(struct json *json, size_t *length);
void json_free(struct json *json);

#endif
