/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * formula.c - compiling and evaluating the formulas of formula_impl.h.
 *
 * The compiler is the textbook one: a function per level of precedence would be ten functions that
 * look alike, so binary operators stand in a table with their strength, and one function climbs it.
 *
 *     ?:  1    ||  2    &&  3    == !=  4    < <= > >=  5    + -  6    * / %  7    << >>  7
 *
 * Shifts bind like a multiplication, which they are: base + i << 12 is what it looks like in a
 * table of addresses, and nobody has to remember that C sees it otherwise. ?:, && and || jump, so
 * what is not taken is not evaluated: it may divide by zero, and draws no random number.
 */
#include "synthetic/formula_impl.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define STACK 24
#define DEPTH 24 /* of parentheses and unary operators; bounds the compiler's own stack */

enum {
	NUMBER,
	NAME,
	TABLE,
	ADD,
	SUB,
	MUL,
	DIV,
	MOD,
	SHL,
	SHR,
	EQ,
	NE,
	LT,
	LE,
	GT,
	GE,
	NEG,
	NOT,
	BOOL, /* x != 0 */
	JUMP,
	JUMP_IF_ZERO,
	AND, /* jump and keep a 0, or drop it */
	OR,  /* jump and keep a 1, or drop it */
	MIN,
	MAX,
	RANDOM,
	PICK,
	ZEROS,
	LOG2,
	UP,
	DOWN,
};

static const struct {
	const char *text;
	int strength;
	int op;
} binary[] = {
	{ "||", 2, OR },  { "&&", 3, AND }, { "==", 4, EQ }, { "!=", 4, NE }, { "<<", 7, SHL },
	{ ">>", 7, SHR }, { "<=", 5, LE },  { ">=", 5, GE }, { "<", 5, LT },  { ">", 5, GT },
	{ "+", 6, ADD },  { "-", 6, SUB },  { "*", 7, MUL }, { "/", 7, DIV }, { "%", 7, MOD },
};

static const struct {
	const char *name;
	int arguments;
	int op;
} functions[] = {
	{ "min", 2, MIN },     { "max", 2, MAX },         { "random", 2, RANDOM },
	{ "pick", 4, PICK },   { "zeros", 1, ZEROS },     { "log2", 1, LOG2 },
	{ "round_up", 2, UP }, { "round_down", 2, DOWN },
};

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* ---- random numbers ---------------------------------------------------------------------------- */

static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static uint64_t next_random(uint64_t *state)
{
	*state += UINT64_C(0x9e3779b97f4a7c15);
	return mix(*state);
}

static int64_t between(uint64_t random, int64_t low, int64_t high)
{
	uint64_t span = (uint64_t)high - (uint64_t)low + 1;

	return (int64_t)((uint64_t)low + (span ? random % span : random));
}

int64_t formula_pick(uint64_t seed, int64_t stream, int64_t k, int64_t low, int64_t high)
{
	uint64_t state = mix(seed + UINT64_C(0x9e3779b97f4a7c15));

	state = mix(state ^ (uint64_t)stream) + UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)k;
	return between(next_random(&state), low, high);
}

/* ---- names ------------------------------------------------------------------------------------- */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t name_length(const char *text)
{
	size_t n = 0;

	if (!is_letter(*text))
		return 0;
	while (is_letter(text[n]) || is_digit(text[n]))
		n++;
	return n;
}

static bool is_same(const char *name, const char *text, size_t length)
{
	return strlen(name) == length && !memcmp(name, text, length);
}

static int find_name(const struct formula_scope *scope, const char *text, size_t length)
{
	for (unsigned i = 0; i < scope->count; i++)
		if (is_same(scope->names[i], text, length))
			return (int)i;
	return -1;
}

static int find_table(const struct formula_scope *scope, const char *text, size_t length)
{
	for (unsigned i = 0; i < scope->table_count; i++)
		if (is_same(scope->table_names[i], text, length))
			return (int)i;
	return -1;
}

int formula_find_table(const struct formula_scope *scope, const char *name)
{
	return find_table(scope, name, strlen(name));
}

static bool is_free_name(const struct formula_scope *scope, const char *name)
{
	size_t length = strlen(name);

	if (!length || length >= FORMULA_NAME || name_length(name) != length)
		return false;
	for (size_t i = 0; i < COUNT_OF(functions); i++)
		if (!strcmp(functions[i].name, name))
			return false;
	return find_name(scope, name, length) < 0 && find_table(scope, name, length) < 0;
}

int formula_add_name(struct formula_scope *scope, const char *name)
{
	if (scope->count == FORMULA_NAMES || !is_free_name(scope, name))
		return -1;
	strcpy(scope->names[scope->count], name);
	scope->values[scope->count] = 0;
	return (int)scope->count++;
}

int formula_add_table(struct formula_scope *scope, const char *name, int64_t size)
{
	unsigned i = scope->table_count;

	if (i == FORMULA_TABLES || size < 0 || size > 1 << 28 || !is_free_name(scope, name))
		return -1;
	scope->tables[i] = calloc((size_t)size + 1, sizeof(int64_t));
	if (!scope->tables[i])
		return -1;
	strcpy(scope->table_names[i], name);
	scope->table_sizes[i] = size;
	return (int)scope->table_count++;
}

void formula_scope_release(struct formula_scope *scope)
{
	for (unsigned i = 0; i < scope->table_count; i++)
		free(scope->tables[i]);
	scope->table_count = scope->count = 0;
}

/* ---- compiling --------------------------------------------------------------------------------- */

struct compiler {
	const struct formula_scope *scope;
	struct formula *formula;
	const char *at;
	const char *why; /* the first thing that is wrong */
	int depth, height;
};

static void wrong(struct compiler *c, const char *why)
{
	if (!c->why)
		c->why = why;
}

static void skip_blanks(struct compiler *c)
{
	while (*c->at == ' ')
		c->at++;
}

static bool take(struct compiler *c, const char *text)
{
	size_t length = strlen(text);

	skip_blanks(c);
	if (c->why || strncmp(c->at, text, length))
		return false;
	c->at += length;
	return true;
}

/* Append an instruction that changes the height of the stack by @change; its index. */
static unsigned emit(struct compiler *c, int op, int64_t arg, int change)
{
	struct formula *f = c->formula;

	c->height += change;
	if (f->length == FORMULA_CODE || c->height > STACK) {
		wrong(c, "the formula is too long");
		return 0;
	}
	f->code[f->length].op = (unsigned char)op;
	f->code[f->length].arg = arg;
	return f->length++;
}

static void expression(struct compiler *c);

static void number(struct compiler *c)
{
	static const char suffixes[] = "KMGT";
	bool hex = c->at[0] == '0' && c->at[1] == 'x';
	const char *suffix;
	int64_t value = 0;
	bool fits = true;

	c->at += hex ? 2 : 0;
	for (;; c->at++) {
		char digit = *c->at;
		int d;

		if (is_digit(digit))
			d = digit - '0';
		else if (hex && digit >= 'a' && digit <= 'f')
			d = digit - 'a' + 10;
		else
			break;
		fits &= !__builtin_mul_overflow(value, (int64_t)(hex ? 16 : 10), &value);
		fits &= !__builtin_add_overflow(value, (int64_t)d, &value);
	}
	suffix = hex || !*c->at ? NULL : strchr(suffixes, *c->at);
	if (suffix) {
		fits &= !__builtin_mul_overflow(value, INT64_C(1) << 10 * (suffix - suffixes + 1),
						&value);
		c->at++;
	}
	if (!fits)
		wrong(c, "a number that does not fit 63 bits");
	if (is_letter(*c->at))
		wrong(c, "not a number");
	emit(c, NUMBER, value, 1);
}

static void call(struct compiler *c, const char *name, size_t length)
{
	size_t i;

	for (i = 0; i < COUNT_OF(functions); i++)
		if (is_same(functions[i].name, name, length))
			break;
	if (i == COUNT_OF(functions)) {
		c->at = name;
		wrong(c, "an unknown function");
		return;
	}
	for (int n = 0; n < functions[i].arguments; n++) {
		if (n && !take(c, ","))
			wrong(c, "an argument is missing");
		expression(c);
	}
	if (!take(c, ")"))
		wrong(c, "a ) is missing");
	emit(c, functions[i].op, 0, 1 - functions[i].arguments);
}

static void operand_name(struct compiler *c)
{
	const char *name = c->at;
	size_t length = name_length(name);
	int place;

	c->at += length;
	if (take(c, "(")) {
		call(c, name, length);
		return;
	}
	if (take(c, "[")) {
		place = find_table(c->scope, name, length);
		expression(c);
		if (!take(c, "]"))
			wrong(c, "a ] is missing");
		emit(c, TABLE, place, 0);
	} else {
		place = find_name(c->scope, name, length);
		emit(c, NAME, place, 1);
	}
	if (place < 0 && !c->why) {
		c->at = name;
		wrong(c, "an unknown name");
	}
}

static void operand(struct compiler *c)
{
	skip_blanks(c);
	if (++c->depth > DEPTH)
		wrong(c, "nested too deep");
	if (c->why)
		return;
	if (take(c, "-")) {
		operand(c);
		emit(c, NEG, 0, 0);
	} else if (take(c, "!")) {
		operand(c);
		emit(c, NOT, 0, 0);
	} else if (take(c, "(")) {
		expression(c);
		if (!take(c, ")"))
			wrong(c, "a ) is missing");
	} else if (is_digit(*c->at)) {
		number(c);
	} else if (is_letter(*c->at)) {
		operand_name(c);
	} else {
		wrong(c, "a value is missing");
	}
	c->depth--;
}

/* Operators of at least @strength. */
static void operators(struct compiler *c, int strength)
{
	operand(c);
	while (!c->why) {
		size_t i;
		unsigned jump;

		skip_blanks(c);
		for (i = 0; i < COUNT_OF(binary); i++)
			if (!strncmp(c->at, binary[i].text, strlen(binary[i].text)))
				break;
		if (i == COUNT_OF(binary) || binary[i].strength < strength)
			return;
		c->at += strlen(binary[i].text);
		if (binary[i].op != AND && binary[i].op != OR) {
			operators(c, binary[i].strength + 1);
			emit(c, binary[i].op, 0, -1);
			continue;
		}
		jump = emit(c, binary[i].op, 0, -1);
		operators(c, binary[i].strength + 1);
		emit(c, BOOL, 0, 0);
		c->formula->code[jump].arg = c->formula->length;
	}
}

static void expression(struct compiler *c)
{
	unsigned skip, over;

	if (++c->depth > DEPTH)
		wrong(c, "nested too deep");
	operators(c, 2);
	if (take(c, "?")) {
		skip = emit(c, JUMP_IF_ZERO, 0, -1);
		expression(c);
		if (!take(c, ":"))
			wrong(c, "a : is missing");
		over = emit(c, JUMP, 0, -1);
		c->formula->code[skip].arg = c->formula->length;
		expression(c);
		c->formula->code[over].arg = c->formula->length;
	}
	c->depth--;
}

int formula_compile(struct formula *formula, const char *text, const struct formula_scope *scope,
		    const char **why, const char **at)
{
	struct compiler c = { .scope = scope, .formula = formula };

	memset(formula, 0, sizeof(*formula));
	formula->text = strdup(text);
	c.at = formula->text;
	if (!formula->text) {
		*why = "out of memory";
		*at = "";
		return -EINVAL;
	}
	expression(&c);
	skip_blanks(&c);
	if (!c.why && *c.at)
		c.why = "something follows the end";
	*why = c.why;
	*at = c.at;
	return c.why ? -EINVAL : 0;
}

void formula_release(struct formula *formula)
{
	free(formula->text);
	formula->text = NULL;
}

/* ---- evaluating -------------------------------------------------------------------------------- */

static const char too_large[] = "the result does not fit";

/* @a op @b into *@result; NULL, or what is wrong. */
static const char *combine(int op, int64_t a, int64_t b, int64_t *result)
{
	switch (op) {
	case ADD:
		return __builtin_add_overflow(a, b, result) ? too_large : NULL;
	case SUB:
		return __builtin_sub_overflow(a, b, result) ? too_large : NULL;
	case MUL:
		return __builtin_mul_overflow(a, b, result) ? too_large : NULL;
	case DIV:
	case MOD:
		if (b <= 0)
			return "divided by something that is not above 0";
		*result = op == DIV ? a / b : a % b;
		return NULL;
	case SHL:
		if (b < 0 || b > 62)
			return "shifted too far";
		return __builtin_mul_overflow(a, INT64_C(1) << b, result) ? too_large : NULL;
	case SHR:
		if (a < 0 || b < 0 || b > 62)
			return "shifted too far";
		*result = a >> b;
		return NULL;
	case EQ:
		*result = a == b;
		return NULL;
	case NE:
		*result = a != b;
		return NULL;
	case LT:
		*result = a < b;
		return NULL;
	case LE:
		*result = a <= b;
		return NULL;
	case GT:
		*result = a > b;
		return NULL;
	case GE:
		*result = a >= b;
		return NULL;
	case MIN:
		*result = a < b ? a : b;
		return NULL;
	case MAX:
		*result = a > b ? a : b;
		return NULL;
	case UP:
	case DOWN:
		if (a < 0 || b <= 0)
			return "rounded to something that is not above 0";
		if (op == UP && __builtin_add_overflow(a, b - 1, &a))
			return too_large;
		*result = a - a % b;
		return NULL;
	}
	return "a broken formula";
}

static const char *draw(struct formula_scope *scope, const int64_t *args, int op, int64_t *result)
{
	int64_t low = args[op == PICK ? 2 : 0], high = args[op == PICK ? 3 : 1];

	if (low > high)
		return "nothing to draw: the lower bound is above the upper";
	*result = op == PICK ? formula_pick(scope->seed, args[0], args[1], low, high) :
			       between(next_random(&scope->stream), low, high);
	return NULL;
}

static const char *look_up(const struct formula_scope *scope, int64_t table, int64_t *value)
{
	if (*value < 0 || *value >= scope->table_sizes[table])
		return "beyond the end of a table";
	*value = scope->tables[table][*value];
	return NULL;
}

/* Zeroes below the lowest 1; 0 has 63. Index of the highest 1. */
static const char *bits(int op, int64_t *value)
{
	uint64_t v = (uint64_t)*value;

	if (*value < 0 || (op == LOG2 && !v))
		return "no bits to look at";
	*value = op == LOG2 ? 63 - __builtin_clzll(v) : v ? __builtin_ctzll(v) : 63;
	return NULL;
}

int formula_eval(const struct formula *formula, struct formula_scope *scope, int64_t *value,
		 const char **why)
{
	int64_t stack[STACK + 1] = { 0 };
	unsigned top = 0; /* values on the stack */

	*why = NULL;
	for (unsigned i = 0; i < formula->length && !*why; i++) {
		int op = formula->code[i].op;
		int64_t arg = formula->code[i].arg, *last = &stack[top ? top - 1 : 0];

		switch (op) {
		case NUMBER:
			stack[top++] = arg;
			break;
		case NAME:
			stack[top++] = scope->values[arg];
			break;
		case TABLE:
			*why = look_up(scope, arg, last);
			break;
		case NEG:
			*why = combine(SUB, 0, *last, last);
			break;
		case NOT:
			*last = !*last;
			break;
		case BOOL:
			*last = !!*last;
			break;
		case JUMP:
			i = (unsigned)arg - 1;
			break;
		case JUMP_IF_ZERO:
			top--;
			i = *last ? i : (unsigned)arg - 1;
			break;
		case AND:
		case OR:
			*last = !!*last;
			if (*last == (op == OR))
				i = (unsigned)arg - 1;
			else
				top--;
			break;
		case ZEROS:
		case LOG2:
			*why = bits(op, last);
			break;
		case RANDOM:
			top--;
			*why = draw(scope, &stack[top - 1], op, &stack[top - 1]);
			break;
		case PICK:
			top -= 3;
			*why = draw(scope, &stack[top - 1], op, &stack[top - 1]);
			break;
		default:
			top--;
			*why = combine(op, stack[top - 1], stack[top], &stack[top - 1]);
		}
	}
	*value = *why ? 0 : stack[0];
	return *why ? -EINVAL : 0;
}
