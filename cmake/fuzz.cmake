# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fuzzing of what is read from outside: -DMB_FUZZ=ON with clang as the compiler. cmake/fuzz.sh builds
# and runs it. The programs have their own copy of the library, instrumented as a whole.
if(NOT CMAKE_C_COMPILER_ID MATCHES Clang)
	message(FATAL_ERROR "MB_FUZZ needs clang: -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++")
endif()
foreach(name import trace)
	add_executable(fuzz_${name} tests/fuzz/fuzz_input.c)
	target_link_libraries(fuzz_${name} PRIVATE memblock)
	target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer,address,undefined)
	set_target_properties(fuzz_${name} PROPERTIES LINKER_LANGUAGE C)
endforeach()
target_compile_definitions(fuzz_trace PRIVATE FUZZ_TRACE)
