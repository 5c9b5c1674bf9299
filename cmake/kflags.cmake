# SPDX-License-Identifier: GPL-2.0-or-later
#
# Everything that runs between two readings of the clock, compiled as a kernel is: core, operations of
# traces, timed loops, memory functions and, from variants.cmake, every store. Linked into one object, in
# which all symbols but the tables in KEPT are local: the second copy of the core has the names of the first, and
# nobody can call it but through these tables. Sets MB_KFLAGS_OBJECT, which goes into the library.
#
# With sanitizers, which have no kernel's flags, there is one core, and the stores call that.

set(MB_KFLAGS_SOURCES ${MB_CORE} src/core/kmem.c src/core/kthunk.c src/replay/replay_operation.c)
add_library(kflags-loops OBJECT bench/timed/loops.c)
target_include_directories(kflags-loops PRIVATE include src bench)
target_compile_definitions(kflags-loops PRIVATE BENCH_LOOPS=bench_loops_kflags)
target_compile_options(kflags-loops PRIVATE ${MB_FLAGS_KFLAGS})

if(MB_SANITIZE OR MB_FUZZ)
	set(MB_KFLAGS_OBJECT ${MB_VARIANT_OBJECTS_KFLAGS} $<TARGET_OBJECTS:kflags-loops>)
	return()
endif()

add_library(kflags-core OBJECT ${MB_KFLAGS_SOURCES})
target_include_directories(kflags-core PRIVATE include src)
target_compile_options(kflags-core PRIVATE ${MB_FLAGS_FREESTANDING} ${MB_FLAGS_KFLAGS})

set(kept bench_loops_kflags)
foreach(name IN LISTS MB_STORE_NAMES)
	list(APPEND kept mb_ops_${name}_kflags mb_ops_${name}_kflags_counted)
endforeach()
list(JOIN kept "\n" text)
file(CONFIGURE OUTPUT kflags.kept CONTENT "${text}\n")
set(MB_KFLAGS_OBJECT ${CMAKE_BINARY_DIR}/kflags.o)
mb_shuffle(parts $<TARGET_OBJECTS:kflags-core> $<TARGET_OBJECTS:kflags-loops> ${MB_VARIANT_OBJECTS_KFLAGS})
add_custom_command(OUTPUT ${MB_KFLAGS_OBJECT}
	COMMAND ${CMAKE_C_COMPILER} -r -nostdlib -Wl,--force-group-allocation
		-Wl,-T,${CMAKE_SOURCE_DIR}/cmake/kflags.ld -o kflags.all.o ${parts}
	COMMAND ${CMAKE_OBJCOPY} --keep-global-symbols=kflags.kept kflags.all.o kflags.o
	DEPENDS ${parts} kflags-core kflags-loops ${MB_VARIANT_TARGETS_KFLAGS} ${CMAKE_SOURCE_DIR}/cmake/kflags.ld ${CMAKE_BINARY_DIR}/kflags.kept
	COMMENT "Linking kflags.o" COMMAND_EXPAND_LISTS VERBATIM)
set_source_files_properties(${MB_KFLAGS_OBJECT} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
