/* SPDX-License-Identifier: GPL-2.0-or-later */
/* param_impl.h - parameters of variants, between text and number; mb_param_text() is in variant.h. */
#ifndef MB_PARAM_IMPL_H
#define MB_PARAM_IMPL_H

#include <memblock/variant.h>

/* @text, all of it, as a value of @p. False: it is none, or out of range. */
bool mb_param_parse(const struct mb_param *p, const char *text, uint32_t *value);

/* What its values are, for a message. @text: of @size bytes. */
void mb_param_describe(const struct mb_param *p, char *text, size_t size);

#endif
