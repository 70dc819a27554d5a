#!/usr/bin/env bash
# The client under test: client.sh <server URL>. Packages it on the first run and only then; that run also writes an
# archive of its classes, from which the others start faster.
set -eu
home=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ ! -d "$home/target/lib" ]; then
	(cd "$home/../.." && mvn -B -ntp -q -Dquickstart -pl integration-tests/conformance-client -am package </dev/null >&2)
fi
jars=("$home"/target/*.jar "$home"/target/lib/*.jar)
archive="$home/target/classes.jsa" use=SharedArchiveFile
for jar in "${jars[@]}"; do
	[ "$archive" -nt "$jar" ] || use=ArchiveClassesAtExit
done
exec java "-XX:$use=$archive" -Xlog:cds=off -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto \
	-cp "$(IFS=:; printf '%s' "${jars[*]}")" io.github.mcpoauth.conformance.ConformanceClient "$@"
