# SPDX-License-Identifier: GPL-2.0-or-later
#
# Libraries, as targets mb::NAME, and the Python interpreter of the charts. All come as packages
# (packages.txt); a missing one stops the configuration with the package's name.

find_package(benchmark QUIET)
if(NOT benchmark_FOUND)
	message(FATAL_ERROR "Google Benchmark not found; install the package libbenchmark-dev")
endif()

# mb_find_library(NAME HEADER PACKAGE) - the imported target mb::NAME, linked only where it is used.
function(mb_find_library name header package)
	find_library(MB_LIB_${name} ${name})
	find_path(MB_INCLUDE_${name} ${header})
	mark_as_advanced(MB_LIB_${name} MB_INCLUDE_${name})
	if(NOT MB_LIB_${name} OR NOT MB_INCLUDE_${name})
		message(FATAL_ERROR "lib${name} or <${header}> not found; install the package ${package}")
	endif()
	add_library(mb::${name} UNKNOWN IMPORTED GLOBAL)
	set_target_properties(mb::${name} PROPERTIES IMPORTED_LOCATION ${MB_LIB_${name}}
		INTERFACE_INCLUDE_DIRECTORIES ${MB_INCLUDE_${name}})
endfunction()

mb_find_library(zstd zstd.h libzstd-dev)
mb_find_library(jansson jansson.h libjansson-dev)
mb_find_library(md sha2.h libmd-dev)
mb_find_library(fdt libfdt.h libfdt-dev)
mb_find_library(pfm perfmon/pfmlib.h libpfm4-dev)
mb_find_library(cmocka cmocka.h libcmocka-dev)

# Abseil is wanted by a peer only (variants.cmake), which is left out without it.
find_package(absl QUIET)

# Debian's Python is the one that has the packages, whatever comes first on the path.
if(NOT MB_PYTHON)
	find_program(python_on_path NAMES python3 NO_CACHE)
	foreach(candidate /usr/bin/python3 ${python_on_path})
		execute_process(COMMAND ${candidate} -c "import matplotlib, numpy"
			RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
		if(status EQUAL 0)
			set(MB_PYTHON ${candidate} CACHE FILEPATH "Python with matplotlib, numpy")
			break()
		endif()
	endforeach()
endif()
if(NOT MB_PYTHON)
	message(FATAL_ERROR "no Python 3 with matplotlib and numpy found; "
		"install python3-matplotlib python3-numpy, or set -DMB_PYTHON=PATH")
endif()
