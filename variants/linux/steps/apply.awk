# SPDX-License-Identifier: GPL-2.0-or-later
#
# apply.awk - the edits of steps in one file of a kernel tree: awk -v file=PATH [-v lab=1] -f apply.awk STEP... SOURCE
#
# Prints SOURCE, edited; or ends with status 1 and a line on stderr. A step is a text of lines:
#
#   # ...          a remark
#   needs STEP...  steps that come before it (apply.sh)
#   file PATH      what follows is about that file of the tree; at first mm/memblock.c
#   in FUNCTION    what follows is about that function, as the tree or an earlier step has it
#   has ERE        it has to have such a line
#   ahead          our text goes before the function and its comment
#   behind         ... behind it
#   before ERE     ... before the line that ERE matches, of the function or its comment
#   after ERE      ... after it
#   instead ERE    ... in its place
#   to ERE         of an `instead`: in the place of all lines to this one, the next that matches
#   body           ... in place of all that is behind the function's parameters
#   |...           a line of our text
#   ?...           one for the laboratory (lab=1), not for patches: what would be a difference, and an improvement
#
# An ERE matches one line, or the edit fails: so a tree that looks otherwise is refused. Tabs are written as tabs. Our text may not
# use memcpy(), memset() or slab_is_available(), which mean something else in the adapter.

function fail(text) {
	print text >"/dev/stderr"
	failed = 1
	exit 1
}

FILENAME ~ /\.step$/ {
	if (FNR == 1) {
		step = FILENAME
		sub(/.*\//, "", step)
		sub(/\.step$/, "", step)
		about = "mm/memblock.c"
	}
	rest = $0
	sub(/^[a-z]+ ?/, "", rest)
	if ($0 ~ /^#/ || $1 == "needs") {
		next
	} else if ($1 == "file") {
		about = rest
	} else if (about != file) {
		next
	} else if ($1 == "in") {
		name = rest
	} else if ($0 ~ /^[|?]/ && edits) {
		if (lab || $0 ~ /^\|/)
			text[edits] = text[edits] substr($0, 2) "\n"
	} else if ($1 == "to" && kind[edits] == "instead") {
		last[edits] = rest
	} else if ($1 ~ /^(has|ahead|behind|before|after|instead|body)$/) {
		step_of[++edits] = step
		name_of[edits] = name
		kind[edits] = $1
		pattern[edits] = rest
	} else {
		fail(FILENAME ":" FNR ": '" $1 "' is no word of a step")
	}
	next
}

{
	line[++count] = $0
}

# find NAME - that function's lines are from..to, what is behind its parameters begins at body, its comment at head; 0: there is
# none
function find(name, i, j) {
	for (i = 1; i <= count; i++) {
		if (line[i] !~ ("^([A-Za-z_][^;=]*[ *])?" name "\\("))
			continue
		for (j = i; j < count && line[j] !~ /^\{/ && line[j] !~ /;[ \t]*$/; j++)
			;
		if (line[j] ~ /^\{/)
			break
	}
	if (i > count)
		return 0
	from = i
	body = j
	for (to = body; to < count && line[to] !~ /^}/; to++)
		;
	if (index(line[from], name) == 1)
		from--
	head = from
	if (line[head - 1] ~ /\*\/[ \t]*$/)
		for (head--; head > 1 && line[head] !~ /^\/\*/; head--)
			;
	return 1
}

# put FIRST LAST TEXT - TEXT, which is lines, in place of these; LAST is FIRST - 1: before FIRST
function put(first, last, text, i, n, more, moved) {
	n = text == "" ? 0 : split(text, more, "\n") - 1
	for (i = last + 1; i <= count; i++)
		moved[i - last] = line[i]
	for (i = 1; i <= n; i++)
		line[first - 1 + i] = more[i]
	for (i = last + 1; i <= count; i++)
		line[first - 1 + n + i - last] = moved[i - last]
	count += n - (last - first + 1)
}

# the_line ERE FIRST - the number of the one line from FIRST on that matches; `found` says how many there are
function the_line(ere, first, i, at) {
	found = 0
	for (i = first; i <= to; i++)
		if (line[i] ~ ere && !found++)
			at = i
	return at
}

function apply(k, at, end, who) {
	who = "step " step_of[k] ": " name_of[k] "() of " file
	if (!find(name_of[k]))
		fail("step " step_of[k] ": " file " has no function " name_of[k] "()")
	if (kind[k] == "ahead") {
		put(head, head - 1, text[k] "\n")
	} else if (kind[k] == "behind") {
		put(to + 1, to, "\n" text[k])
	} else if (kind[k] == "body") {
		put(body, to, text[k])
	} else {
		at = the_line(pattern[k], head)
		if (found != 1)
			fail(who " has " found " lines like '" pattern[k] "', not one")
		end = at
		if (k in last) {
			end = the_line(last[k], at + 1)
			if (!found)
				fail(who " has no line like '" last[k] "' behind '" pattern[k] "'")
		}
		if (kind[k] == "before")
			put(at, at - 1, text[k])
		else if (kind[k] == "after")
			put(at + 1, at, text[k])
		else if (kind[k] == "instead")
			put(at, end, text[k])
	}
}

END {
	if (failed)
		exit 1
	for (k = 1; k <= edits; k++)
		apply(k)
	for (i = 1; i <= count; i++)
		print line[i]
}
