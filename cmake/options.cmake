# options - the compiler, its warnings and the shapes of a build.
#
# One set of flags for everybody: no build type, so that no NDEBUG sneaks in.
# Assertions stay on in what is shipped.

set(YINUO_OPTIMIZE "-O2" CACHE STRING "optimization flags")
set(YINUO_SANITIZE "" CACHE STRING "value of -fsanitize, empty for none")
option(YINUO_FUZZ "build the fuzz targets with libFuzzer (clang only)" OFF)

if(CMAKE_BUILD_TYPE)
    message(WARNING "CMAKE_BUILD_TYPE is ignored; use the presets")
    set(CMAKE_BUILD_TYPE "" CACHE STRING "unused, see the presets" FORCE)
endif()

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(yinuo_flags INTERFACE)
separate_arguments(optimize UNIX_COMMAND "${YINUO_OPTIMIZE}")
target_compile_definitions(yinuo_flags INTERFACE
    _GNU_SOURCE YINUO_VERSION="${PROJECT_VERSION}")
target_compile_options(yinuo_flags INTERFACE
    ${optimize} -g -fno-omit-frame-pointer -fno-common
    -fno-semantic-interposition # our own calls may be inlined in the library too
    -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes
    -Wmissing-prototypes -Wundef -Wvla -Wformat=2 -Wno-format-nonliteral
    -Wpointer-arith -Wwrite-strings -Werror)
if(CMAKE_C_COMPILER_ID STREQUAL "Clang")
    # assert(!"why this cannot be") is how we write it
    target_compile_options(yinuo_flags INTERFACE -Wno-string-conversion)
endif()
if(NOT YINUO_SANITIZE)
    target_compile_options(yinuo_flags INTERFACE -fstack-protector-strong)
    if(YINUO_OPTIMIZE MATCHES "-O[23s]")
        target_compile_options(yinuo_flags INTERFACE
            -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
    endif()
else()
    target_compile_options(yinuo_flags INTERFACE
        -fsanitize=${YINUO_SANITIZE} -fno-sanitize-recover=all)
    target_link_options(yinuo_flags INTERFACE -fsanitize=${YINUO_SANITIZE})
    target_compile_definitions(yinuo_flags INTERFACE YINUO_SANITIZED=1)
    if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND YINUO_SANITIZE MATCHES "thread")
        # Instrumented code hides from gcc what was set; the other builds ask.
        target_compile_options(yinuo_flags INTERFACE -Wno-maybe-uninitialized)
    endif()
endif()
if(YINUO_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID STREQUAL "Clang")
        message(FATAL_ERROR "libFuzzer needs clang: cmake --preset fuzz")
    endif()
    target_compile_options(yinuo_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Code made by a generator is not held to our warnings.
add_library(yinuo_flags_generated INTERFACE)
target_compile_options(yinuo_flags_generated INTERFACE ${optimize} -g -w)
if(YINUO_SANITIZE)
    target_compile_options(yinuo_flags_generated INTERFACE
        -fsanitize=${YINUO_SANITIZE})
endif()

# One cache for all checkouts of this repository: paths below the root are
# hashed relative to it.
find_program(CCACHE ccache)
if(CCACHE)
    set(CMAKE_C_COMPILER_LAUNCHER
        env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
endif()
