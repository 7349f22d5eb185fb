#!/usr/bin/env bash
# The AWS CLI against the local stack: streams, objects, tables, partitions, Athena.
set -euo pipefail
cd "$(dirname "$0")/../.."

cache="${XDG_CACHE_HOME:-$HOME/.cache}/millrace"
venv="$cache/aws-cli-$(sha256sum .ci/aws-cli/requirements.txt | cut -c1-12)"
if [ ! -x "$venv/bin/aws" ]; then
  mkdir -p "$cache"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement .ci/aws-cli/requirements.txt
fi
node_modules/.bin/node --no-warnings test/end-to-end/aws-cli.ts "$venv/bin/aws"
