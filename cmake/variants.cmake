# SPDX-License-Identifier: GPL-2.0-or-later
#
# Compiles the variants listed in variants/variants.def, the only list there is.
#
# A line MB_VARIANT(rbtree, store, "...") stands for variants/rbtree/rbtree.c, which is compiled into
# four object libraries: {o2, kflags} x {timed, counted}. Each defines mb_ops_<name>_<build>. The kind
# `kernel` is built by the program from a kernel's source, when it is asked for.
#
# The kind `peer` is C++, variants/<name>/<name>.cc, in o2 only: a kernel's flags have no use for a C++ library. Its
# objects are no part of libmemblock, which needs no C++, but of the programs that link MB_PEERS; the registry refers to
# them weakly.

set(MB_VARIANTS_DEF ${CMAKE_SOURCE_DIR}/variants/variants.def)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${MB_VARIANTS_DEF})

# mb_compile_variant(NAME KIND BUILD COUNTED FLAG...) - one of the four; appends to MB_VARIANT_OBJECTS, or, in
# kflags, to MB_VARIANT_OBJECTS_KFLAGS, which kflags.cmake links.
function(mb_compile_variant name kind build counted)
	set(target variant-${name}-${build})
	add_library(${target} OBJECT ${CMAKE_SOURCE_DIR}/variants/${name}/${name}.c)
	target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/include)
	target_compile_definitions(${target} PRIVATE MB_BUILD_NAME=${build} MB_COUNTED=${counted}
		MB_FOLDER=${name})
	# A primitive that is missing is an error where it is used, not when everything is linked.
	target_compile_options(${target} PRIVATE ${MB_FLAGS_FREESTANDING} ${ARGN}
		-Werror=implicit-function-declaration)
	if(build MATCHES "^kflags")
		set(list MB_VARIANT_OBJECTS_KFLAGS)
		set(MB_VARIANT_TARGETS_KFLAGS ${MB_VARIANT_TARGETS_KFLAGS} ${target} PARENT_SCOPE)
	else()
		set(list MB_VARIANT_OBJECTS)
	endif()
	set(${list} ${${list}} $<TARGET_OBJECTS:${target}> PARENT_SCOPE)
endfunction()

# mb_compile_peer(NAME) - timed and counted; appends to MB_PEERS.
function(mb_compile_peer name)
	foreach(build o2 o2_counted)
		set(target variant-${name}-${build})
		string(COMPARE EQUAL ${build} o2_counted counted)
		add_library(${target} OBJECT ${CMAKE_SOURCE_DIR}/variants/${name}/${name}.cc)
		target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/include)
		target_compile_definitions(${target} PRIVATE MB_BUILD_NAME=${build} MB_COUNTED=${counted})
		target_compile_options(${target} PRIVATE ${MB_FLAGS_O2})
		target_link_libraries(${target} PRIVATE ${MB_LIBRARY_${name}})
		list(APPEND MB_PEERS ${target})
	endforeach()
	set(MB_PEERS ${MB_PEERS} PARENT_SCOPE)
endfunction()

set(MB_LIBRARY_absl absl::btree) # what a peer is of, where that is not the C++ library

set(MB_PEERS)
set(MB_VARIANT_OBJECTS)
set(MB_VARIANT_OBJECTS_KFLAGS)
set(MB_STORE_NAMES) # all but the kernel and peers
set(MB_VARIANT_NAMES)
set(lines)
if(EXISTS ${MB_VARIANTS_DEF})
	file(STRINGS ${MB_VARIANTS_DEF} lines REGEX "^[ \t]*MB_VARIANT")
endif()
foreach(line IN LISTS lines)
	if(NOT line MATCHES "^MB_VARIANT\\(([a-z][a-z0-9_]*), *(store|bounded|null|kernel|peer), *\".+\"\\)$")
		message(FATAL_ERROR "variants/variants.def: not a variant: '${line}'; "
			"write MB_VARIANT(name, store|bounded|null|kernel|peer, \"description\")")
	endif()
	set(name ${CMAKE_MATCH_1})
	set(kind ${CMAKE_MATCH_2})
	if(name IN_LIST MB_VARIANT_NAMES)
		message(FATAL_ERROR "variants/variants.def: ${name} is listed twice: '${line}'")
	endif()
	if(kind STREQUAL "kernel") # built when it is asked for: src/host/linux.c
		list(APPEND MB_VARIANT_NAMES ${name})
		continue()
	endif()
	if(kind STREQUAL "peer")
		if(MB_LIBRARY_${name} AND NOT TARGET ${MB_LIBRARY_${name}})
			message(STATUS "Without the peer ${name}: ${MB_LIBRARY_${name}} is not there")
			continue()
		endif()
		list(APPEND MB_VARIANT_NAMES ${name})
		mb_compile_peer(${name})
		continue()
	endif()
	if(EXISTS ${CMAKE_SOURCE_DIR}/variants/${name} AND
	   NOT EXISTS ${CMAKE_SOURCE_DIR}/variants/${name}/${name}.c)
		message(FATAL_ERROR "variants/${name}/${name}.c is missing: rename the C file in that folder")
	endif()
	if(NOT EXISTS ${CMAKE_SOURCE_DIR}/variants/${name}/${name}.c)
		message(FATAL_ERROR "variants/variants.def: variants/${name}/${name}.c is missing: '${line}'; "
			"copy variants/null/ to begin with, or remove the line")
	endif()
	list(APPEND MB_VARIANT_NAMES ${name})
	list(APPEND MB_STORE_NAMES ${name})
	mb_compile_variant(${name} ${kind} o2 0 ${MB_FLAGS_O2})
	mb_compile_variant(${name} ${kind} o2_counted 1 ${MB_FLAGS_O2})
	mb_compile_variant(${name} ${kind} kflags 0 ${MB_FLAGS_KFLAGS})
	mb_compile_variant(${name} ${kind} kflags_counted 1 ${MB_FLAGS_KFLAGS})
endforeach()
list(JOIN MB_VARIANT_NAMES ", " names)
message(STATUS "Variants: ${names}")
