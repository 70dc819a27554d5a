#!/usr/bin/env bash
# The client under test: client.sh <server URL>. Packages it on the first run and only then.
set -eu
home=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ ! -d "$home/target/classes" ] || [ ! -d "$home/target/lib" ]; then
	(cd "$home/../.." && mvn -B -ntp -q -Dquickstart -pl integration-tests/conformance-client -am package </dev/null >&2)
fi
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto -cp "$home/target/classes:$home/target/lib/*" \
	io.github.mcpoauth.conformance.ConformanceClient "$@"
