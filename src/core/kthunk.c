/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kthunk.c - the return thunk of the kflags build.
 *
 * x86 kernels are compiled with -mfunction-return=thunk-extern: every return is a jump to
 * __x86_return_thunk. What the thunk does is decided late in boot, by patching; while memblock is in
 * charge it is still a plain return, so that is what the kflags build links against. The int3 behind
 * it stops straight-line speculation, as in a kernel. (The thunks of indirect calls are emitted by the
 * compiler: full retpolines, which early boot runs unpatched as well.)
 */
#if defined(__x86_64__) || defined(__i386__)
__asm__(".pushsection .text.__x86_return_thunk,\"ax\",@progbits\n"
	".p2align 6\n"
	".globl __x86_return_thunk\n"
	".hidden __x86_return_thunk\n"
	".type __x86_return_thunk, @function\n"
	"__x86_return_thunk:\n"
	"	ret\n"
	"	int3\n"
	".size __x86_return_thunk, . - __x86_return_thunk\n"
	".popsection\n");
#else
typedef int kthunk_not_needed_here; /* a file may not be empty */
#endif
