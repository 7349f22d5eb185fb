#!/usr/bin/env bash
# The template, as `cdk deploy` takes it: cdk-nag and CDK's own validation without a finding, then cfn-lint.
set -euo pipefail
cd "$(dirname "$0")/../.."

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cache="${XDG_CACHE_HOME:-$HOME/.cache}/millrace"
venv="$cache/cfn-lint-$(sha256sum .ci/template/requirements.txt | cut -c1-12)"

echo 'cdk synth, with cdk-nag and CDK validation'
CDK_DISABLE_VERSION_CHECK=1 npx --no-install cdk synth --quiet --output "$out"
node_modules/.bin/node .ci/template/findings.ts "$out"

echo 'cfn-lint'
if [ ! -x "$venv/bin/cfn-lint" ]; then
  mkdir -p "$cache"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement .ci/template/requirements.txt
fi
"$venv/bin/cfn-lint" --config-file .ci/template/cfnlintrc.yaml -- "$out"/*.template.json
echo 'cfn-lint: clean'
