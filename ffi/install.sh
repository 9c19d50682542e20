#!/bin/sh
# Installs the C library: header, shared and static library with their links, pkg-config and CMake files.
#
# usage: ffi/install.sh PREFIX [FOLDER OF THE BUILT LIBRARY]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
prefix=${1:?usage: ffi/install.sh PREFIX [FOLDER]}
built=${2:-$root/target/release}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -n 1)
mkdir -p "$prefix/include" "$prefix/lib/pkgconfig" "$prefix/lib/cmake/kaifang"
prefix=$(cd "$prefix" && pwd)
install -m 644 "$root/include/kaifang.h" "$prefix/include/kaifang.h"
install -m 755 "$built/libkaifang.so" "$prefix/lib/libkaifang.so.$version"
ln -sf "libkaifang.so.$version" "$prefix/lib/libkaifang.so.0"
ln -sf libkaifang.so.0 "$prefix/lib/libkaifang.so"
install -m 644 "$built/libkaifang.a" "$prefix/lib/libkaifang.a"
sed -e "s|@prefix@|$prefix|" -e "s|@version@|$version|" "$root/include/kaifang.pc.in" >"$prefix/lib/pkgconfig/kaifang.pc"
sed -e "s|@version@|$version|" "$root/include/kaifang-config.cmake.in" >"$prefix/lib/cmake/kaifang/kaifang-config.cmake"
