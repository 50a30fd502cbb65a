#!/bin/sh
# The engine links against nothing but these: no clock, no file, no memory of
# its own. Sanitizers add symbols of theirs; the linker makes the offset table.
set -eu
allowed='^(memcpy|memset|memcmp|memmove|strlen|strcmp|__assert_fail|__mem(cpy|set|move)_chk|_GLOBAL_OFFSET_TABLE_)$'
sanitizers='^__(asan|ubsan|tsan|sanitizer|stack_chk|llvm|start___sancov|stop___sancov)'
defined=$(nm --defined-only "$1" | awk 'NF == 3 { print $3 }' | sort -u)
foreign=$(nm -u "$1" | awk '$1 == "U" { print $2 }' | sort -u |
    grep -vxF "$defined" | grep -vE "$allowed" | grep -vE "$sanitizers" || true)
if [ -n "$foreign" ]; then
    echo "the engine leans on:" $foreign
    exit 1
fi
