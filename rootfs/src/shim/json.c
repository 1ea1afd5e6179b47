// SPDX-License-Identifier: GPL-2.0
/* A writer for one line of JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

static void put(struct json *json, const char *bytes, size_t length)
{
	size_t room = json->room ? json->room : 512;
	char *grown;

	if (json->broken)
		return;
	while (room < json->used + length)
		room *= 2;
	if (room > JSON_LIMIT) {
		json->broken = true;
		return;
	}
	if (room > json->room) {
		grown = realloc(json->text, room);
		if (!grown) {
			json->broken = true;
			return;
		}
		json->text = grown;
		json->room = room;
	}
	memcpy(json->text + json->used, bytes, length);
	json->used += length;
}

/*
 * Returns how many bytes of well-formed UTF-8 begin here (0 for none). No
 * overlong forms, no surrogates: JSON's readers may refuse both.
 */
static size_t utf8_length(const unsigned char *s, size_t left)
{
	size_t need, i;

	if (s[0] < 0x80)
		return 1;
	need = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || need > left)
		return 0;
	for (i = 1; i < need; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return need;
}

/* Bytes that are no UTF-8 come out as the code points of their values. */
static void put_string(struct json *json, const unsigned char *s, size_t length)
{
	char escape[8];
	size_t i, run;

	put(json, "\"", 1);
	for (i = 0; i < length; i += run) {
		run = utf8_length(s + i, length - i);
		if (run > 1 || (run == 1 && s[i] >= ' ' && s[i] != '"' &&
				s[i] != '\\' && s[i] != 0x7f)) {
			put(json, (const char *)s + i, run);
			continue;
		}
		run = 1;
		snprintf(escape, sizeof(escape), "\\u%04x", s[i]);
		put(json, escape, 6);
	}
	put(json, "\"", 1);
}

static void put_name(struct json *json, const char *name)
{
	char last = json->used ? json->text[json->used - 1] : '{';

	if (last != '{' && last != '[')
		put(json, ",", 1);
	if (!name)
		return;
	put_string(json, (const unsigned char *)name, strlen(name));
	put(json, ":", 1);
}

void json_begin(struct json *json)
{
	memset(json, 0, sizeof(*json));
	put(json, "{", 1);
}

void json_bytes(struct json *json, const char *name, const void *bytes,
		size_t length)
{
	put_name(json, name);
	put_string(json, bytes, length);
}

void json_text(struct json *json, const char *name, const char *text)
{
	if (text)
		json_bytes(json, name, text, strlen(text));
	else
		json_null(json, name);
}

void json_base64(struct json *json, const char *name, const void *bytes,
		 size_t length)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *s = bytes;
	unsigned long group;
	char four[4];
	size_t i, n;

	put_name(json, name);
	put(json, "\"", 1);
	for (i = 0; i < length; i += 3) {
		n = length - i < 3 ? length - i : 3;
		group = (unsigned long)s[i] << 16;
		group |= n > 1 ? (unsigned long)s[i + 1] << 8 : 0;
		group |= n > 2 ? s[i + 2] : 0;
		four[0] = digits[group >> 18];
		four[1] = digits[group >> 12 & 63];
		four[2] = n > 1 ? digits[group >> 6 & 63] : '=';
		four[3] = n > 2 ? digits[group & 63] : '=';
		put(json, four, 4);
	}
	put(json, "\"", 1);
}

void json_number(struct json *json, const char *name, long long number)
{
	char digits[24];

	put_name(json, name);
	put(json, digits, (size_t)snprintf(digits, sizeof(digits), "%lld", number));
}

void json_bool(struct json *json, const char *name, bool value)
{
	put_name(json, name);
	put(json, value ? "true" : "false", value ? 4 : 5);
}

void json_null(struct json *json, const char *name)
{
	put_name(json, name);
	put(json, "null", 4);
}

void json_open(struct json *json, const char *name, char bracket)
{
	put_name(json, name);
	put(json, &bracket, 1);
}

void json_close(struct json *json, char bracket)
{
	put(json, &bracket, 1);
}

void json_members(struct json *json, const struct json *from)
{
	if (from->broken)
		json->broken = true;
	if (from->broken || from->used < 2)
		return;
	put(json, ",", json->used > 1 ? 1 : 0);
	put(json, from->text + 1, from->used - 1);
}

const char *json_finish(struct json *json, size_t *length)
{
	static const char too_long[] = "{\"error\":\"the answer is too long\"}\n";

	put(json, "}\n", 2);
	if (json->broken) {
		*length = sizeof(too_long) - 1;
		return too_long;
	}
	*length = json->used;
	return json->text;
}

void json_free(struct json *json)
{
	free(json->text);
	memset(json, 0, sizeof(*json));
}
