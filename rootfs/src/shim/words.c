// SPDX-License-Identifier: GPL-2.0
/* The words of a request: separated by tabs, escaped as in C. */
#include <string.h>

#include "shim.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Takes \t \n \r \\ \" and \xHH back; anything else stays as it is. */
static void unescape(char *word)
{
	static const char from[] = "tnr\\\"", to[] = "\t\n\r\\\"";
	const char *read = word, *known;
	char *write = word;

	while (*read) {
		if (*read != '\\' || !read[1]) {
			*write++ = *read++;
			continue;
		}
		known = strchr(from, read[1]);
		if (known) {
			*write++ = to[known - from];
			read += 2;
		} else if (read[1] == 'x' && hex_digit(read[2]) >= 0 &&
			   hex_digit(read[3]) >= 0) {
			*write++ = (char)(hex_digit(read[2]) << 4 |
					  hex_digit(read[3]));
			read += 4;
		} else {
			*write++ = *read++;
		}
	}
	*write = '\0';
}

int split_words(char *line, char **words, int most)
{
	int count = 0;
	char *next;

	while (line && count < most) {
		next = strchr(line, '\t');
		if (next)
			*next++ = '\0';
		unescape(line);
		words[count++] = line;
		line = next;
	}
	words[count] = NULL;
	return line ? -1 : count;
}

/* Returns the number of bytes, or -1 if this is no base64. */
ssize_t decode_base64(const char *text, unsigned char *bytes)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned long group = 0;
	const char *digit;
	ssize_t length = 0;
	int bits = 0;

	for (; *text && *text != '='; text++) {
		digit = strchr(digits, *text);
		if (!digit)
			return -1;
		group = group << 6 | (unsigned long)(digit - digits);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			bytes[length++] = (unsigned char)(group >> bits);
		}
	}
	return strspn(text, "=") == strlen(text) ? length : -1;
}
