# SPDX-License-Identifier: GPL-2.0-or-later
#
# The two flag sets that every variant is compiled in:
#
#   MB_FLAGS_O2       what an application would use
#   MB_FLAGS_KFLAGS   what a kernel uses: no vector or floating-point registers, stack protector,
#                     zeroed locals, branch targets marked, retpolines and return thunks. Memory
#                     functions come from src/core/kmem.c, return thunks from src/core/kthunk.c.
#
# and, beside them,
#
#   MB_FLAGS_KERNEL        what the second has and the first has not. workloads/capture/predict.py asks for
#                          it, of cross compilers (cross/CMakeLists.txt)
#   MB_FLAGS_FREESTANDING  for the core and every variant: no hosted C library, a bounded stack
#   MB_FLAGS_NO_IDIOMS     keeps the compiler from turning a loop into a call of the very function
#                          that it implements
#
# A compiler that lacks a flag goes without it; config.h records what was used.
include(CheckCCompilerFlag)

# mb_add_flag(VARIABLE FLAG...) - append the flags, taken together, if the compiler knows them.
function(mb_add_flag variable)
	string(MAKE_C_IDENTIFIER "MB_HAVE${ARGN}" have)
	set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY) # thunks are missing at link time
	set(CMAKE_REQUIRED_QUIET ON)
	check_c_compiler_flag("${ARGN}" ${have})
	if(${have})
		set(${variable} ${${variable}} ${ARGN} PARENT_SCOPE)
	endif()
endfunction()

# Debug builds are for finding mistakes, with sanitizers that want their own way with registers.
if(CMAKE_BUILD_TYPE STREQUAL Debug)
	set(MB_FLAGS_O2 -O1)
else()
	set(MB_FLAGS_O2 -O2)
endif()

# Where a function or a short loop begins must not depend on what else is in the file: a loop over
# regions takes half as long again when it lies badly. (A kernel that is to be compared with another
# is built with CONFIG_DEBUG_FORCE_FUNCTION_ALIGN_64B.) It holds for the kernel's file, too.
mb_add_flag(MB_FLAGS_O2 -falign-functions=64)
mb_add_flag(MB_FLAGS_O2 -falign-loops=32)

set(MB_FLAGS_KERNEL -fno-strict-aliasing)
if(NOT MB_SANITIZE)
	mb_add_flag(MB_FLAGS_KERNEL -fstack-protector-strong)
	if(CMAKE_C_COMPILER_ID STREQUAL Clang AND CMAKE_C_COMPILER_VERSION VERSION_LESS 16)
		mb_add_flag(MB_FLAGS_KERNEL -ftrivial-auto-var-init=zero
			-enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang)
	else()
		mb_add_flag(MB_FLAGS_KERNEL -ftrivial-auto-var-init=zero)
	endif()
	if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|i[3-6]86|AMD64)$")
		mb_add_flag(MB_FLAGS_KERNEL -mno-sse)
		mb_add_flag(MB_FLAGS_KERNEL -mno-mmx) # gcc copies with it where it has no SSE
		mb_add_flag(MB_FLAGS_KERNEL -mno-80387)
		mb_add_flag(MB_FLAGS_KERNEL -fcf-protection=branch)
		if(CMAKE_C_COMPILER_ID STREQUAL Clang)
			mb_add_flag(MB_FLAGS_KERNEL -mretpoline)
		else()
			mb_add_flag(MB_FLAGS_KERNEL -mindirect-branch=thunk -mindirect-branch-register)
		endif()
		mb_add_flag(MB_FLAGS_KERNEL -mfunction-return=thunk-extern)
	elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
		mb_add_flag(MB_FLAGS_KERNEL -mgeneral-regs-only)
	endif()
endif()
list(APPEND MB_FLAGS_KERNEL -DMB_KMEM=1)
set(MB_FLAGS_KFLAGS ${MB_FLAGS_O2} ${MB_FLAGS_KERNEL})

set(MB_FLAGS_FREESTANDING -ffreestanding -Wvla)
if(NOT CMAKE_BUILD_TYPE STREQUAL Debug)
	list(APPEND MB_FLAGS_FREESTANDING -Wframe-larger-than=2048)
endif()

set(MB_FLAGS_NO_IDIOMS -fno-builtin)
mb_add_flag(MB_FLAGS_NO_IDIOMS -fno-tree-loop-distribute-patterns)
