/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_operations.c - the table of operations by number, and the names of flags.
 */
#include <memblock/trace.h>
#include <string.h>

const char *const mb_flag_names[8] = {
	"hotplug", "mirror", "nomap", "driver_managed", "noinit", "kern", "kho_scratch", "hugetlb",
};

static const struct {
	const char *name, *args;
} ops_table[] = {
#define X(id, name, args) { name, args },
	MB_OPS_TABLE(X)
#undef X
};

const char *mb_op_name(enum mb_op_kind kind)
{
	return (unsigned)kind < MB_OP_KINDS ? ops_table[kind].name : "unknown";
}

const char *mb_op_args(enum mb_op_kind kind)
{
	return ops_table[kind].args;
}

bool mb_op_has_result(enum mb_op_kind kind)
{
	return strstr(ops_table[kind].args, "=>");
}

bool mb_op_may_have_value(enum mb_op_kind kind)
{
	return strstr(ops_table[kind].args, "=?");
}
