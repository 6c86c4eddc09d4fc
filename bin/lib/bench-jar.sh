# The bench module's jar, which bin/bench and bin/conformance run. Sourced by them, after jdk.sh.

# bench_jar ROOT JAVA_HOME: prints the jar's path, building it if it is older than its sources; the distribution likewise, first.
bench_jar() {
  local root="$1" jar log
  # The nodes' distribution, by the launcher's own rules.
  "$root/bin/flotilla" --version >/dev/null || return 70
  jar="$(find "$root"/bench/target -maxdepth 1 -name 'bench-*.jar' 2>/dev/null | head -n 1)" || jar=''
  if [ -z "$jar" ] || [ -n "$(find "$root/bench/src/main" "$root/bench/pom.xml" "$root/proto/src/main" -newer "$jar" -print -quit)" ]; then
    echo 'bench: building …' >&2
    log="$(mktemp)"
    JAVA_HOME="$2" "$root/mvnw" -q -B -f "$root/pom.xml" -pl bench -am package \
      -Dmaven.test.skip=true -Dspotless.check.skip=true >"$log" 2>&1 </dev/null || {
      cat "$log" >&2
      rm -f "$log"
      return 70
    }
    rm -f "$log"
    jar="$(find "$root"/bench/target -maxdepth 1 -name 'bench-*.jar' | head -n 1)"
  fi
  printf '%s\n' "$jar"
}
