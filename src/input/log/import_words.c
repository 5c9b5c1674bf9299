/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * import_words.c - words and numbers of a log's line: each advances *s on success and leaves it alone
 * otherwise.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "input/log/import_impl.h"

bool mb_log_take(const char **s, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*s, word, n))
		return false;
	*s += n;
	return true;
}

void mb_log_blanks(const char **s)
{
	while (**s == ' ')
		++*s;
}

bool mb_log_number(const char **s, int base, uint64_t *value)
{
	char *end;

	if (!(base == 16 ? isxdigit((unsigned char)**s) : isdigit((unsigned char)**s)))
		return false;
	errno = 0;
	*value = strtoull(*s, &end, base);
	if (errno)
		return false;
	*s = end;
	return true;
}

bool mb_log_hex(const char **s, uint64_t *value)
{
	const char *t = *s;

	if (!mb_log_take(&t, "0x") || !mb_log_number(&t, 16, value))
		return false;
	*s = t;
	return true;
}

bool mb_log_int(const char **s, int32_t *value)
{
	const char *t = *s;
	bool negative = mb_log_take(&t, "-");
	uint64_t v;

	if (!mb_log_number(&t, 10, &v) || v > INT32_MAX)
		return false;
	*value = negative ? -(int32_t)v : (int32_t)v;
	*s = t;
	return true;
}

bool mb_log_mem(const char **s, uint64_t *base, uint64_t *size)
{
	const char *t = *s;
	uint64_t last;

	if (!mb_log_take(&t, "[mem ") || !mb_log_hex(&t, base) || !mb_log_take(&t, "-") ||
	    !mb_log_hex(&t, &last) || !mb_log_take(&t, "]"))
		return false;
	*size = last - *base + 1;
	*s = t;
	return true;
}

bool mb_log_take_range(struct boot_log *log, const char **s, uint64_t *base, uint64_t *size)
{
	const char *t = *s, *digits;
	uint64_t last;
	size_t n;

	if (!mb_log_take(&t, "["))
		return false;
	digits = t + 2;
	if (!mb_log_hex(&t, base))
		return false;
	n = (size_t)(t - digits);
	mb_log_blanks(&t);
	if (!mb_log_take(&t, "-"))
		return false;
	mb_log_blanks(&t);
	digits = t + 2;
	if (!mb_log_hex(&t, &last) || !mb_log_take(&t, "]"))
		return false;
	if (n < (size_t)(t - 1 - digits))
		n = (size_t)(t - 1 - digits);
	*size = last - *base + 1;
	if (n <= 8)
		*size &= UINT32_MAX;
	log->short_addresses += n <= 8;
	log->long_addresses += n > 8;
	log->padded_addresses += n == 14;
	*s = t;
	return true;
}
