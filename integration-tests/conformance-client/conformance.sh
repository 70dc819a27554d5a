#!/usr/bin/env bash
# Runs scenarios of the MCP project's conformance suite against client.sh, each alone, so that exit codes, warnings and
# timeouts count. Usage: conformance.sh <suite version> <specification version|all>
# Prints a table and fails if a scenario does. Needs npm; Node.js and the suite are installed below target.
# With "all", and with 2025-03-26, only the authorization scenarios run. Extensions of authorization run with every version
# from 2025-11-25 on, as --force has it, because naming a version leaves them out.
# Left out is auth/2025-03-26-oauth-metadata-backcompat of suite 0.1.16, whose issuer is not the one its metadata is
# found at.
set -uo pipefail
home=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
suite=${1:?suite version} spec=${2:?specification version or all}
target="$home/target/conformance"
results="$target/results/$suite-$spec"
rm -rf "$results" && mkdir -p "$results"

install() {
	[ -e "$target/$1/node_modules/$3" ] ||
		npm install --silent --no-audit --no-fund --no-package-lock --prefix "$target/$1" "$2" >&2
}
install node node@22 node/bin/node && install "$suite" "@modelcontextprotocol/conformance@$suite" \
	@modelcontextprotocol/conformance/dist/index.js || { echo "The suite could not be installed" >&2; exit 1; }
PATH="$target/node/node_modules/node/bin:$PATH"
index="$target/$suite/node_modules/@modelcontextprotocol/conformance/dist/index.js"

run() {
	local name=$1 log="$results/${1//\//_}.log" arguments=("${@:2}") code
	[ "$spec" = all ] || arguments+=(--spec-version "$spec")
	node "$index" client --command "$home/client.sh" --scenario "$name" --timeout 60000 -o "$results" \
		"${arguments[@]}" >"$log" 2>&1 </dev/null
	code=$?
	printf '%-5s %-45s %s\n' "$([ $code -eq 0 ] && echo pass || echo FAIL)" "$name" \
		"$(sed 's/\x1b\[[0-9;]*m//g' "$log" | grep -m1 '^Passed:')"
}

# Runs as many at a time as there are processors, but the first one alone, which prepares the client.
start() {
	run "$@" &
	[ "$(jobs -pr | wc -l)" -lt "$at_once" ] || wait -n
	at_once=$(nproc)
}

table="$results/table.txt" at_once=1
{
	while read -r name tags; do
		case "$suite $spec $name,$tags," in
			"0.1.16 "*" auth/2025-03-26-oauth-metadata-backcompat,"*) ;;
			*" all auth/"*) start "$name" ;;
			*" all "*) ;;
			*",$spec,"*) start "$name" ;;
			*" 2025-03-26 "*) ;;
			*" auth/"*,extension,*) start "$name" --force ;;
		esac
	done < <(node "$index" list --client 2>/dev/null |
		sed -n 's/^  - \([^ ]*\) \[\(.*\)\]$/\1 \2/p' | tr -d '\r' | sed 's/, */,/g')
	wait
} | tee "$table"
passed=$(grep -c '^pass' "$table") failed=$(grep -c '^FAIL' "$table")
echo "$passed passed, $failed failed (suite $suite, specification $spec)"
[ "$passed" -gt 0 ] && [ "$failed" -eq 0 ]
