#!/usr/bin/env bash
# Browser clients from npm in headless Chromium against the local stack, from another origin. Needs Debian's chromium.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ -z "${CHROMIUM:-}" ] && ! command -v chromium > /dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium > /dev/null
fi
npm run -s browser-test
