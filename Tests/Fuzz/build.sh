#!/bin/sh
# Builds a fuzzer: Tests/Fuzz/build.sh request|response|chunked
#
# It lands in .build/fuzz/NAME. Run it on the corpus, with new inputs into a folder of their own:
#   .build/fuzz/request -max_total_time=120 .build/fuzz/found Tests/Corpus/request
set -eu
cd "$(dirname "$0")/../.."
case "${1:-}" in
    request) driver=RequestFuzz ;;
    response) driver=ResponseFuzz ;;
    chunked) driver=ChunkedFuzz ;;
    *) echo "usage: $0 request|response|chunked" >&2; exit 64 ;;
esac
out=.build/fuzz
mkdir -p "$out/modules" "$out/found"
flags="-O -parse-as-library -swift-version 6 -package-name apus -enable-testing -sanitize=fuzzer,address"
features="-enable-upcoming-feature MemberImportVisibility -enable-upcoming-feature InternalImportsByDefault"
module() {
    name=$1
    shift
    # shellcheck disable=SC2086
    swiftc $flags $features -wmo -module-name "$name" -I "$out/modules" \
        -emit-module -emit-module-path "$out/modules/$name.swiftmodule" \
        -c "$@" -o "$out/modules/$name.o"
}
# shellcheck disable=SC2046
module Bytes $(find Sources/Bytes -name '*.swift')
# shellcheck disable=SC2046
module HTTP $(find Sources/HTTP -name '*.swift')
# shellcheck disable=SC2086
swiftc $flags -module-name Fuzz -I "$out/modules" \
    "Tests/Fuzz/$driver.swift" Tests/HTTPTests/Wire/WireTranscript.swift \
    Tests/HTTPTests/Wire/WireDescription.swift Tests/HTTPTests/Wire/WireInvariants.swift \
    Tests/HTTPTests/Wire/WireInput.swift \
    "$out/modules/Bytes.o" "$out/modules/HTTP.o" -o "$out/$1"
