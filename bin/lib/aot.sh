# Start-up caches: what a JVM learnt of Flotilla's classes in a training run, so that later ones need not learn it again.
# Sourced by bin/flotilla and bin/lib/distribution.sh.
#
#   DIST/aot/<JDK>/node.aot   cli.aot     made by `bin/flotilla train`, and by the build
#
# A cache holds the classes of a whole run, parsed, verified and linked, and the profiles of its hot methods (JEP 483, 514, 515): a
# node then starts with a third of the CPU time, and is at full speed sooner. It is worth something only to the very JDK, jars,
# collector and layout of objects that it was made with; the JVM checks all of that itself, says so, and starts without. An older
# JDK than 25 has nothing of the kind that is made in one step, and starts without. FLOTILLA_AOT=off neither makes nor uses caches.

FLOTILLA_AOT_OLDEST_JDK=25

# aot_directory DIST JAVA_HOME: where the caches for that JDK are. Named by build and machine, since a distribution may be copied.
aot_directory() {
  local key value version='' by=''
  while IFS='=' read -r key value; do
    value="${value#\"}"
    value="${value%\"}"
    case "$key" in
      JAVA_RUNTIME_VERSION) version="$value" ;;
      IMPLEMENTOR) by="$value" ;;
    esac
  done <"$2/release"
  value="${HOSTTYPE-}-$by-$version"
  printf '%s\n' "$1/aot/${value//[!A-Za-z0-9.+-]/_}"
}

# aot_flags DIST JAVA_HOME FEATURE_VERSION ROLE: prints the flags by which a node or the cli uses its cache; nothing if there is none.
aot_flags() {
  [ "$3" -ge "$FLOTILLA_AOT_OLDEST_JDK" ] && [ "${FLOTILLA_AOT-}" != off ] || return 0
  local cache
  cache="$(aot_directory "$1" "$2")/$4.aot"
  if [ -f "$cache" ]; then
    echo "-XX:AOTCache=$cache"
  elif [ "$4" = node ]; then
    echo "flotilla: no start-up cache for this JDK, so the start takes longer; \"$1/bin/flotilla train\" makes one" >&2
  fi
}

# train_distribution DIST JAVA_HOME: makes the caches. Fails, and leaves none behind, if the training does not work out.
train_distribution() {
  local dist="$1" java="$2/bin/java" version place work status=0
  version="$(jdk_feature_version "$2")" || return 1
  if [ "$version" -lt "$FLOTILLA_AOT_OLDEST_JDK" ]; then
    echo "flotilla: JDK $version makes no start-up caches; from $FLOTILLA_AOT_OLDEST_JDK on they do" >&2
    return 1
  fi
  place="$(aot_directory "$dist" "$2")"
  mkdir -p "$place" && work="$(mktemp -d "$place/.training.XXXXXX")" || return 1
  local node_flags=() cli_flags=() flag
  while IFS= read -r flag; do
    node_flags+=("$flag")
  done < <(jvm_flags node "$version")
  while IFS= read -r flag; do
    cli_flags+=("$flag")
  done < <(jvm_flags cli "$version")
  # The working directory is the training's own: a JVM that crashes may write there.
  (
    cd "$work" || exit 1
    exec "$java" "${node_flags[@]}" "-XX:AOTCacheOutput=$work/node.aot" -cp "$dist/flotilla-node.jar" \
      io.flotilla.node.TrainingRun "$work/nodes" \
      "$java" "${cli_flags[@]}" "-XX:AOTCacheOutput=$work/cli.aot" "-Dflotilla.launcher=$(type -P true)" \
      -cp "$dist/flotilla-cli.jar" io.flotilla.cli.TrainingRun "$work/cluster"
  ) >"$work/log" 2>&1 </dev/null || status=$?
  if [ "$status" -eq 0 ] && [ -f "$work/node.aot" ] && [ -f "$work/cli.aot" ]; then
    mv -f "$work/node.aot" "$place/node.aot" && mv -f "$work/cli.aot" "$place/cli.aot" || status=1
    rm -rf -- "$work"
  else
    [ "$status" -ne 0 ] || status=1
    rm -rf -- "$work/nodes" "$work/cluster" "$work"/*.aot*
    echo "flotilla: the training did not work out, and starts go without a cache; what it said: $work/log" >&2
  fi
  return "$status"
}
