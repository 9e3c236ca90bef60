#!/bin/sh
# Regenerates this plugin's bindings, as any author would: protoc's Python and gRPC generators over
# the protos. Needs grpcio-tools 1.85.1; writes into the folder given, or beside this script.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
protos=$(cd "$here/../../proto" && echo outboard/common/v1/*.proto outboard/plugin/v1/*.proto)
# shellcheck disable=SC2086 # A list.
"${PYTHON:-python3}" -m grpc_tools.protoc -I"$here/../../proto" \
    --python_out="${1:-$here}" --grpc_python_out="${1:-$here}" $protos
# The messages that all share have no services.
rm -f "${1:-$here}"/outboard/common/v1/*_pb2_grpc.py
