# dependencies - every library from outside, found once.
#
# Each becomes an imported target dep_<name>; tools/packages lists the Debian
# packages that bring them.

find_package(PkgConfig REQUIRED)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

function(yinuo_dependency name module)
    pkg_check_modules(dep_${name}_pc REQUIRED IMPORTED_TARGET ${module})
    add_library(dep_${name} INTERFACE)
    target_link_libraries(dep_${name} INTERFACE PkgConfig::dep_${name}_pc)
endfunction()

yinuo_dependency(zmq        libzmq>=4.3)
yinuo_dependency(lmdb       lmdb>=0.9.24)
yinuo_dependency(protobuf_c libprotobuf-c>=1.4)
yinuo_dependency(sodium     libsodium>=1.0.18)
yinuo_dependency(yaml       yaml-0.1)
yinuo_dependency(jansson    jansson>=2.13)
yinuo_dependency(ical       libical>=3.0)
yinuo_dependency(zlib       zlib)
yinuo_dependency(zstd       libzstd)
yinuo_dependency(curl       libcurl)
yinuo_dependency(cmocka     cmocka)

# Some distributions ship no .pc file for these two.
function(yinuo_dependency_by_file name library header)
    find_library(dep_${name}_library ${library} REQUIRED)
    find_path(dep_${name}_headers ${header} REQUIRED)
    add_library(dep_${name} INTERFACE)
    target_link_libraries(dep_${name} INTERFACE ${dep_${name}_library})
endfunction()

yinuo_dependency_by_file(csv csv csv.h)
yinuo_dependency_by_file(unistring unistring unistr.h)

# Only the gateway needs this one; it says so when it is missing.
pkg_check_modules(dep_microhttpd_pc IMPORTED_TARGET libmicrohttpd)
if(dep_microhttpd_pc_FOUND)
    add_library(dep_microhttpd INTERFACE)
    target_link_libraries(dep_microhttpd INTERFACE PkgConfig::dep_microhttpd_pc)
endif()

add_library(dep_threads INTERFACE)
target_link_libraries(dep_threads INTERFACE Threads::Threads)
add_library(dep_math INTERFACE)
target_link_libraries(dep_math INTERFACE m)

find_program(PROTOC_C protoc-c REQUIRED)
find_program(MSGFMT msgfmt REQUIRED)
