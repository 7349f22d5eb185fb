#!/usr/bin/env bash
# Runs every statement that Millrace sends, and the list of expressions, on a real Trino 435 and on local Athena over the same
# lake, and compares the rows. Needs Java 17 (a JDK), Maven with Maven Central, and npm ci. The download (about 260 MB) is kept
# in ${XDG_CACHE_HOME:-~/.cache}/millrace/trino-435.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
home="${XDG_CACHE_HOME:-$HOME/.cache}/millrace/trino-435"

for tool in java javac jar mvn; do
  command -v "$tool" >/dev/null || { echo "the Trino check needs $tool: Java 17 (a JDK) and Maven"; exit 1; }
done

if [ ! -f "$home/complete" ]; then
  echo "downloading Trino 435 from Maven Central into $home"
  rm -rf "$home"
  mkdir -p "$home/plugin"
  mvn -B -q -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$home/lib"
  mvn -B -q dependency:copy -Dartifact=io.trino:trino-hive:435:zip -DoutputDirectory="$home/download"
  (cd "$home/plugin" && jar xf ../download/trino-hive-435.zip && mv trino-hive-435 hive)
  rm -r "$home/download"
  touch "$home/complete"
fi

# The stand-in for the HDFS module is compiled anew every time: it is part of this repository, the download is not.
hdfs="$home/plugin/hive/hdfs"
classes="$(mktemp -d)"
trap 'rm -rf "$classes"' EXIT
mkdir -p "$hdfs"
javac -nowarn -proc:none -cp "$home/plugin/hive/*:$home/lib/*" -d "$classes" \
  "$here/io/trino/filesystem/hdfs/HdfsFileSystemManager.java"
(cd "$classes" && jar xf "$home/plugin/hive/trino-filesystem-435.jar" io/trino/filesystem/local)
jar cf "$hdfs/local.jar" -C "$classes" io
javac -nowarn -proc:none -cp "$home/lib/*" -d "$classes" "$here/StartTrino.java"
mkdir -p "$home/start"
cp "$classes/StartTrino.class" "$home/start/"

cd "$here/../.."
npm run -s trino -- "$home"
