#!/bin/sh
# Regenerates this plugin's bindings, as any author would: protoc's Python and gRPC generators over
# the protos. Needs grpcio-tools 1.85.1; writes into the folder given, or beside this script.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
exec "${PYTHON:-python3}" -m grpc_tools.protoc -I"$here/../../proto" \
    --python_out="${1:-$here}" --grpc_python_out="${1:-$here}" \
    outboard/common/v1/common.proto outboard/common/v1/operations.proto \
    outboard/plugin/v1/plugin.proto outboard/plugin/v1/community.proto \
    outboard/plugin/v1/usage.proto
