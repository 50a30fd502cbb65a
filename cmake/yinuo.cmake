# yinuo - the helpers that folders are built with.
#
#   yinuo_library(NAME [SOURCES a.c ...] [PROTOS a.proto ...]
#                 [EXPORTS a.h ...] [LINKS base proto dep_zmq ...])
#   yinuo_program(NAME SOURCES main.c ... [LINKS ...])
#              -> build/bin/NAME, and installed when it is no test or bench
#   yinuo_test(NAME [SOURCES test_NAME.c ...] [LINKS ...]
#              [LABEL unit] [TIMEOUT 60] [ARGS ...] [ENVIRONMENT A=b ...])
#   yinuo_script_test(NAME COMMAND prog args ... [LABEL system] [TIMEOUT 60])
#   yinuo_fuzz(NAME [SOURCES fuzz_NAME.c] [LINKS ...] [CORPUS dir])
#
# LINKS names our folders by their last word (base, ledger, router) and what
# comes from outside as dep_* of cmake/dependencies.cmake.
#
# A folder's headers are seen only by those who link it: each library has an
# include directory of its own, build/include/<name>, that holds nothing but a
# link to its source folder. EXPORTS narrows what others see to those headers;
# the library itself and the tests see all of them. Generated headers (PROTOS)
# are written as <folder>/<file>.pb-c.h.

set(YINUO_INCLUDE ${CMAKE_BINARY_DIR}/include)
set(YINUO_LABELS unit scenario property system sim crash fuzz browser)

function(yinuo_folder out)
    file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
    set(${out} ${folder} PARENT_SCOPE)
endfunction()

# base -> yinuo_base; dep_x and others as they are
function(yinuo_targets out)
    set(targets "")
    foreach(link IN LISTS ARGN)
        if(link MATCHES "^(dep_|yinuo_|-)")
            list(APPEND targets ${link})
        else()
            list(APPEND targets yinuo_${link})
        endif()
    endforeach()
    set(${out} "${targets}" PARENT_SCOPE)
endfunction()

# Stop if this folder's row in cmake/layers.cmake does not allow a link.
function(yinuo_allow folder)
    if(folder MATCHES "^(tests|bench)(/|$)")
        return()
    endif()
    if(NOT DEFINED YINUO_LAYER_${folder})
        message(FATAL_ERROR "${folder} has no row in cmake/layers.cmake")
    endif()
    set(allowed "")
    foreach(layer IN LISTS YINUO_LAYER_${folder} folder)
        get_filename_component(word ${layer} NAME)
        list(APPEND allowed yinuo_${word})
    endforeach()
    foreach(target IN LISTS ARGN)
        if(target MATCHES "^yinuo_" AND NOT target IN_LIST allowed)
            message(FATAL_ERROR
                "${folder} may not link ${target}: see cmake/layers.cmake")
        endif()
    endforeach()
endfunction()

# A directory in which only this folder can be found.
function(yinuo_tree out name folder)
    set(tree ${YINUO_INCLUDE}/${name})
    set(exports ${ARGN})
    get_filename_component(parent ${tree}/${folder} DIRECTORY)
    file(REMOVE_RECURSE ${tree})
    if(exports)
        file(MAKE_DIRECTORY ${tree}/${folder})
        foreach(header IN LISTS exports)
            file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${folder}/${header}
                 ${tree}/${folder}/${header} SYMBOLIC)
        endforeach()
    else()
        file(MAKE_DIRECTORY ${parent})
        file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${folder} ${tree}/${folder}
             SYMBOLIC)
    endif()
    set(${out} ${tree} PARENT_SCOPE)
endfunction()

function(yinuo_protos target name folder)
    set(gen ${YINUO_INCLUDE}/${name}.gen)
    file(MAKE_DIRECTORY ${gen})
    set(made "")
    foreach(proto IN LISTS ARGN)
        string(REGEX REPLACE "\\.proto$" ".pb-c" stem ${folder}/${proto})
        add_custom_command(
            OUTPUT ${gen}/${stem}.c ${gen}/${stem}.h
            COMMAND ${PROTOC_C} --proto_path=${CMAKE_SOURCE_DIR}
                    --c_out=${gen} ${CMAKE_SOURCE_DIR}/${folder}/${proto}
            DEPENDS ${ARGN}
            VERBATIM)
        list(APPEND made ${gen}/${stem}.c)
        list(APPEND heads ${gen}/${stem}.h)
    endforeach()
    add_library(${target}_generated OBJECT ${made})
    add_custom_target(${target}_headers DEPENDS ${heads})
    target_include_directories(${target}_generated PRIVATE ${gen})
    target_link_libraries(${target}_generated
        PRIVATE yinuo_flags_generated dep_protobuf_c)
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:${target}_generated>)
    target_include_directories(${target} SYSTEM PUBLIC ${gen})
    target_link_libraries(${target} PUBLIC dep_protobuf_c)
    add_dependencies(${target} ${target}_headers)
endfunction()

function(yinuo_library name)
    cmake_parse_arguments(ARG "" "" "SOURCES;PROTOS;EXPORTS;LINKS" ${ARGN})
    yinuo_folder(folder)
    yinuo_targets(links ${ARG_LINKS})
    yinuo_allow(${folder} ${links})
    set(target yinuo_${name})
    if(NOT ARG_SOURCES AND NOT ARG_PROTOS)
        # headers alone: a translation unit that says so keeps ar happy
        file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/${name}_empty.c
             "typedef int yinuo_${name}_has_no_sources;\n")
        set(ARG_SOURCES ${CMAKE_CURRENT_BINARY_DIR}/${name}_empty.c)
    endif()
    add_library(${target} STATIC ${ARG_SOURCES})
    set_target_properties(${target} PROPERTIES LINKER_LANGUAGE C)
    yinuo_tree(tree ${name} ${folder})
    target_include_directories(${target} PRIVATE ${tree})
    if(ARG_EXPORTS)
        yinuo_tree(public ${name}.public ${folder} ${ARG_EXPORTS})
    else()
        set(public ${tree})
    endif()
    target_include_directories(${target} INTERFACE ${public})
    set_target_properties(${target} PROPERTIES YINUO_TREE ${tree})
    target_link_libraries(${target} PRIVATE yinuo_flags PUBLIC ${links})
    if(ARG_PROTOS)
        yinuo_protos(${target} ${name} ${folder} ${ARG_PROTOS})
    endif()
    set_property(GLOBAL APPEND PROPERTY YINUO_LIBRARIES ${folder}|${target})
endfunction()

function(yinuo_program name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
    yinuo_folder(folder)
    yinuo_targets(links ${ARG_LINKS})
    yinuo_allow(${folder} ${links})
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE yinuo_flags ${links})
    yinuo_own_tree(${name} ${folder})
    if(NOT folder MATCHES "^(tests|bench)(/|$)")
        install(TARGETS ${name} DESTINATION ${CMAKE_INSTALL_BINDIR})
    endif()
endfunction()

# The folder's own headers, whole, for programs that live beside their library.
function(yinuo_own_tree target folder)
    string(REPLACE "/" "_" word ${folder})
    yinuo_tree(tree ${word}.own ${folder})
    target_include_directories(${target} PRIVATE ${tree})
endfunction()

function(yinuo_see_everything target)
    foreach(link IN LISTS ARGN)
        if(TARGET ${link})
            get_target_property(tree ${link} YINUO_TREE)
            if(tree)
                target_include_directories(${target} BEFORE PRIVATE ${tree})
            endif()
        endif()
    endforeach()
endfunction()

function(yinuo_register name target label timeout)
    if(NOT label IN_LIST YINUO_LABELS)
        message(FATAL_ERROR "test ${name}: no such label: ${label}")
    endif()
    set_tests_properties(${name} PROPERTIES
        LABELS ${label} TIMEOUT ${timeout} SKIP_RETURN_CODE 77
        ENVIRONMENT "LSAN_OPTIONS=report_objects=1;UBSAN_OPTIONS=print_stacktrace=1;TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/cmake/tsan.supp;TZ=UTC;${ARGN}")
endfunction()

function(yinuo_test_name out name)
    yinuo_folder(folder)
    string(REGEX REPLACE "^tests/" "" folder ${folder})
    string(REPLACE "/" "." folder ${folder})
    set(${out} ${folder}.${name} PARENT_SCOPE)
endfunction()

function(yinuo_test name)
    cmake_parse_arguments(ARG "" "LABEL;TIMEOUT"
        "SOURCES;LINKS;ARGS;ENVIRONMENT" ${ARGN})
    if(NOT ARG_SOURCES)
        set(ARG_SOURCES test_${name}.c)
    endif()
    if(NOT ARG_LABEL)
        set(ARG_LABEL unit)
    endif()
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 60)
    endif()
    yinuo_test_name(test ${name})
    string(REPLACE "." "_" target test_${test})
    yinuo_targets(links ${ARG_LINKS})
    add_executable(${target} ${ARG_SOURCES})
    set_target_properties(${target} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    target_link_libraries(${target} PRIVATE yinuo_flags ${links} dep_cmocka)
    yinuo_see_everything(${target} ${links})
    yinuo_folder(folder)
    yinuo_tree(tree ${target}.own ${folder})
    target_include_directories(${target} PRIVATE ${tree})
    add_test(NAME ${test} COMMAND ${target} ${ARG_ARGS}
             WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    yinuo_register(${test} ${target} ${ARG_LABEL} ${ARG_TIMEOUT}
                   ${ARG_ENVIRONMENT})
endfunction()

# The script finds the programs in $YINUO_BIN; exit code 77 means skipped.
function(yinuo_script_test name)
    cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "COMMAND;ENVIRONMENT" ${ARGN})
    if(NOT ARG_LABEL)
        set(ARG_LABEL system)
    endif()
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 60)
    endif()
    yinuo_test_name(test ${name})
    add_test(NAME ${test} COMMAND ${ARG_COMMAND}
             WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    yinuo_register(${test} "" ${ARG_LABEL} ${ARG_TIMEOUT}
        "YINUO_BIN=${CMAKE_BINARY_DIR}/bin" "YINUO_BUILD=${CMAKE_BINARY_DIR}"
        ${ARG_ENVIRONMENT})
endfunction()

# With the fuzz preset a libFuzzer program; else a program that runs each file
# of the corpus once, so that every finding stays found.
function(yinuo_fuzz name)
    cmake_parse_arguments(ARG "" "CORPUS" "SOURCES;LINKS" ${ARGN})
    if(NOT ARG_SOURCES)
        set(ARG_SOURCES fuzz_${name}.c)
    endif()
    yinuo_test_name(test ${name})
    string(REPLACE "." "_" target fuzz_${test})
    yinuo_targets(links ${ARG_LINKS})
    add_executable(${target} ${ARG_SOURCES})
    set_target_properties(${target} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    target_link_libraries(${target} PRIVATE yinuo_flags ${links})
    yinuo_see_everything(${target} ${links})
    if(YINUO_FUZZ)
        target_link_options(${target} PRIVATE -fsanitize=fuzzer)
        set(args -runs=0)
    else()
        target_sources(${target} PRIVATE
            ${CMAKE_SOURCE_DIR}/tests/base/fuzz_replay.c)
        set(args "")
    endif()
    if(ARG_CORPUS)
        list(APPEND args ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_CORPUS})
    endif()
    add_test(NAME ${test} COMMAND ${target} ${args}
             WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    yinuo_register(${test} ${target} fuzz 120)
endfunction()

# The folders a folder can see: its row of the table and their rows in turn.
function(yinuo_layer_closure out folder)
    set(seen ${folder})
    set(todo ${folder})
    while(todo)
        list(POP_FRONT todo next)
        foreach(layer IN LISTS YINUO_LAYER_${next})
            if(NOT layer IN_LIST seen)
                list(APPEND seen ${layer})
                list(APPEND todo ${layer})
            endif()
        endforeach()
    endwhile()
    set(${out} "${seen}" PARENT_SCOPE)
endfunction()

# One test per library: compile, with the library's own include path, a file
# that looks for every other folder, and hold the answer against the table.
function(yinuo_check_layers)
    get_property(libraries GLOBAL PROPERTY YINUO_LIBRARIES)
    set(here ${CMAKE_BINARY_DIR}/layers)
    foreach(pair IN LISTS libraries)
        string(REGEX REPLACE "\\|.*" "" folder ${pair})
        string(REGEX REPLACE ".*\\|" "" target ${pair})
        if(folder MATCHES "^tests/")
            continue() # helpers of tests may see all
        endif()
        yinuo_layer_closure(seen ${folder})
        set(text "/* made by cmake/yinuo.cmake */\n")
        foreach(other IN LISTS YINUO_LAYERS)
            if(other STREQUAL folder)
                string(APPEND text "#if !__has_include(\"${other}/CMakeLists.txt\")\n"
                    "#error \"${folder} cannot see itself\"\n#endif\n")
            elseif(NOT other IN_LIST seen)
                string(APPEND text "#if __has_include(\"${other}/CMakeLists.txt\")\n"
                    "#error \"${folder} can see ${other}\"\n#endif\n")
            endif()
        endforeach()
        string(REPLACE "/" "_" word ${folder})
        file(GENERATE OUTPUT ${here}/${word}.c CONTENT "${text}")
        add_test(NAME layers.${word}
            COMMAND ${CMAKE_C_COMPILER} -fsyntax-only
                "-I$<JOIN:$<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>,;-I>"
                ${here}/${word}.c
            COMMAND_EXPAND_LISTS)
        set_tests_properties(layers.${word} PROPERTIES LABELS unit)
    endforeach()
    if(TARGET yinuo_engine)
        # and once as a reader would try it: the compiler must say no
        file(GENERATE OUTPUT ${here}/forbidden.c
             CONTENT "#include \"base/error.h\"\n")
        add_test(NAME layers.engine_including_base_does_not_compile
            COMMAND ${CMAKE_C_COMPILER} -fsyntax-only
                "-I$<JOIN:$<TARGET_PROPERTY:yinuo_engine,INCLUDE_DIRECTORIES>,;-I>"
                ${here}/forbidden.c
            COMMAND_EXPAND_LISTS)
        set_tests_properties(layers.engine_including_base_does_not_compile
            PROPERTIES LABELS unit PASS_REGULAR_EXPRESSION
            "base/error.h: No such file|'base/error.h' file not found")
    endif()
endfunction()
