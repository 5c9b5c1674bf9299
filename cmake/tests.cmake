# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every test, by pattern:
#
#   tests/unit/test_*.c      a cmocka program each; the other *.c there are helpers linked to all of them
#   tests/cli/cli_*.sh       the program as its users call it
#   tests/scripts/*.py       charts, captures, predictions, documents: what scripts and pages promise
#   freestanding             the core and the variants need no C library
#   tests/threads/           many readers of one instance
#   headers                  each public header compiles alone, as C and as C++
#
# Status 77 means skipped. Tests run in a directory of their own, below the build directory.

set(MB_TEST_ENVIRONMENT
	MEMBLOCK_BENCH=${CMAKE_BINARY_DIR}/memblock-bench
	MB_SOURCE_DIR=${CMAKE_SOURCE_DIR}
	MB_BUILD_DIR=${CMAKE_BINARY_DIR}
	MB_SHARED=${CMAKE_SOURCE_DIR}/../shared
	MB_PYTHON=${MB_PYTHON}
	MB_SANITIZED=${MB_SANITIZED}
	PYTHONDONTWRITEBYTECODE=1
	ASAN_OPTIONS=detect_stack_use_after_return=1
	UBSAN_OPTIONS=print_stacktrace=1)

# mb_add_test(NAME LABEL COMMAND...); the limit finds what hangs: where machines are busy the longest takes ten minutes.
function(mb_add_test name label)
	set(folder ${CMAKE_BINARY_DIR}/Testing/${name})
	file(MAKE_DIRECTORY ${folder})
	add_test(NAME ${name} COMMAND ${ARGN} WORKING_DIRECTORY ${folder} COMMAND_EXPAND_LISTS)
	set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT 1200 SKIP_RETURN_CODE 77
		ENVIRONMENT "${MB_TEST_ENVIRONMENT}")
endfunction()

file(GLOB programs CONFIGURE_DEPENDS tests/unit/test_*.c)
file(GLOB helpers CONFIGURE_DEPENDS tests/unit/*.c)
if(programs)
	list(REMOVE_ITEM helpers ${programs})
endif()
if(helpers)
	add_library(testlib STATIC ${helpers})
	target_include_directories(testlib PUBLIC tests/unit ${CMAKE_BINARY_DIR})
	target_link_libraries(testlib PUBLIC benchlib mb::cmocka)
endif()
foreach(source IN LISTS programs)
	get_filename_component(name ${source} NAME_WE)
	add_executable(${name} ${source})
	set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX
		RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
	target_include_directories(${name} PRIVATE ${CMAKE_BINARY_DIR})
	if(helpers)
		target_link_libraries(${name} PRIVATE testlib)
	endif()
	target_link_libraries(${name} PRIVATE ${MB_PEERS} benchlib mb::cmocka)
	mb_add_test(${name} unit $<TARGET_FILE:${name}>)
endforeach()

# None of our code runs in these, or code that the script compiles for itself: sanitizers have nothing to see there.
# Of charts what is run is in cli_run.
set(plain_only baseline_told charts kernels parity patches prediction replaced rooms share steps_told structures_told tuning_drawn)
file(GLOB scripts CONFIGURE_DEPENDS tests/cli/cli_*.sh tests/scripts/*.py)
if(MB_SANITIZE)
	list(JOIN plain_only "|" names)
	list(FILTER scripts EXCLUDE REGEX "/(${names})\\.py$")
endif()
foreach(script IN LISTS scripts)
	get_filename_component(name ${script} NAME_WE)
	if(script MATCHES "\\.py$")
		mb_add_test(${name} script ${MB_PYTHON} ${script})
	else()
		mb_add_test(${name} cli sh ${script})
	endif()
endforeach()

# Unpacking a kernel's source takes long: once, before those that would do it in a cache of their own.
mb_add_test(kernels_unpacked cli sh ${CMAKE_SOURCE_DIR}/tests/cli/kernels_unpacked.sh)
set_tests_properties(kernels_unpacked PROPERTIES FIXTURES_SETUP kernels)

# Its searches are bounded by pages, not by time, and two run at once.
set_tests_properties(cli_exhaustive PROPERTIES PROCESSORS 2)

# Many readers of one instance; test.sh builds it with ThreadSanitizer, too.
find_package(Threads REQUIRED)
add_executable(readers tests/threads/readers.c)
set_target_properties(readers PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
target_link_libraries(readers PRIVATE memblock Threads::Threads)
mb_add_test(readers threads $<TARGET_FILE:readers>)

# What is static before anything grows (tests/sizes/sizes.py).
add_executable(static_bytes tests/sizes/static_bytes.c)
set_target_properties(static_bytes PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
target_link_libraries(static_bytes PRIVATE memblock)
# What scale.py runs for each variant, order and size.
add_executable(growth tests/counts/growth.c)
set_target_properties(growth PROPERTIES LINKER_LANGUAGE CXX RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
target_link_libraries(growth PRIVATE benchlib)
foreach(order random ascending descending alloc)
	mb_add_test(growth_${order} counts $<TARGET_FILE:growth> array ${order} 1000 60)
endforeach()
# More segments than half of the table has.
mb_add_test(growth_segments counts $<TARGET_FILE:growth> adaptive:init=4:growth=1.1 random 100000 60)

# Sanitizers bring a run-time library, so the question makes no sense there.
if(MB_VARIANT_NAMES AND NOT MB_SANITIZE)
	set(sources ${MB_CORE} src/core/kmem.c src/core/kthunk.c)
	set(existing)
	foreach(source IN LISTS sources)
		if(EXISTS ${CMAKE_SOURCE_DIR}/${source})
			list(APPEND existing ${CMAKE_SOURCE_DIR}/${source})
		endif()
	endforeach()
	add_library(freestanding-core OBJECT ${existing})
	target_include_directories(freestanding-core PRIVATE
		${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src)
	mb_add_test(freestanding build ${CMAKE_SOURCE_DIR}/cmake/freestanding.sh
		${CMAKE_BINARY_DIR}/freestanding.o $<TARGET_OBJECTS:freestanding-core> ${MB_VARIANT_OBJECTS}
		${MB_VARIANT_OBJECTS_KFLAGS})
endif()

file(GLOB headers CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/include include/memblock/*.h)
list(FILTER headers EXCLUDE REGEX "_impl\\.h$") # what a variant includes, after its definitions
set(alone)
foreach(header IN LISTS headers)
	string(MAKE_C_IDENTIFIER ${header} name)
	foreach(extension c cc)
		set(file ${CMAKE_BINARY_DIR}/headers/${name}.${extension})
		file(CONFIGURE OUTPUT ${file} CONTENT "#include <${header}>\n#include <${header}>\n")
		list(APPEND alone ${file})
	endforeach()
endforeach()
if(alone)
	add_library(headers OBJECT ${alone})
	target_include_directories(headers PRIVATE ${CMAKE_SOURCE_DIR}/include)
endif()

# The kernel's own test suite against kernel.h, on every store; skipped without its source packages.
file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/conformance.conf CONTENT "[conformance]
cc = ${CMAKE_C_COMPILER}
libraries = $<TARGET_FILE:memblock>;$<TARGET_FILE:mb::zstd>;$<TARGET_FILE:mb::md>;$<TARGET_FILE:mb::fdt>
")
mb_add_test(conformance suite
	${MB_PYTHON} ${CMAKE_SOURCE_DIR}/tests/conformance/conformance.py ${CMAKE_BINARY_DIR} --test)
set_tests_properties(conformance PROPERTIES TIMEOUT 600 PROCESSORS 2)

# A small part of `make configurations`.
mb_add_test(configurations suite
	${MB_PYTHON} ${CMAKE_SOURCE_DIR}/tests/configurations/configurations.py ${CMAKE_BINARY_DIR} --test)
set_tests_properties(kernels_unpacked PROPERTIES COST 1000)
foreach(name conformance cli_newest fair_builds mutants_noticed parity patches steps tune)
	if(TEST ${name})
		set_tests_properties(${name} PROPERTIES FIXTURES_REQUIRED kernels)
	endif()
endforeach()

# The longest first, by their seconds, so that none is left alone at the end; ctest knows them only from its second run
# on. What waits for both processors comes before the others.
set(seconds cli_exhaustive 900 conformance 800 readme 250 cli_verify 160 fair_builds 110 cli_newest 100 cli_cache 100
	cli_blocks 90 cli_run 80 test_cases_handover 60 parity 60 sizes_hold 45 charts 40 mutants_noticed 40 prediction 30)
while(seconds)
	list(POP_FRONT seconds name cost)
	if(TEST ${name})
		set_tests_properties(${name} PROPERTIES COST ${cost})
	endif()
endwhile()
