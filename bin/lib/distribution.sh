# The runnable distribution: where it is, whether it is as new as the sources, and how it is made. Sourced by bin/flotilla.
#
#   target/dist/current -> target/dist/<time>-<pid>/
#     bin/             the launcher again, so that the directory can be copied anywhere and run there
#     flotilla-node.jar  flotilla-cli.jar     their manifests name what they need of lib/
#     lib/
#     aot/             start-up caches for the JDK that built it (aot.sh)
#     .built           as old as the beginning of the build that made it
#
# A distribution never changes once it is there: running nodes have its jars open. A new build makes a new directory and turns
# the link; directories that no process names any more are removed.

# What goes into a distribution. Directories count too, so that a file that was removed is noticed.
distribution_sources() {
  printf '%s\n' "$1/pom.xml" "$1/bin"
  for module in proto statemachine node cli; do
    printf '%s\n' "$1/$module/pom.xml" "$1/$module/src/main"
  done
}

# newer_than FILE ROOT: true if anything that goes into a distribution is newer than FILE.
newer_than() {
  local sources=() source
  while IFS= read -r source; do
    sources+=("$source")
  done < <(distribution_sources "$2")
  [ -n "$(find "${sources[@]}" -newer "$1" -print -quit 2>/dev/null)" ]
}

# distribution_is_current ROOT
distribution_is_current() {
  local stamp="$1/target/dist/current/.built"
  [ -f "$stamp" ] || return 1
  if [ -n "${FLOTILLA_PACKAGED-}" ]; then
    # Called from within a Maven build, which has just packaged the jars: they are the sources.
    [ -z "$(find "$1"/node/target/node-*.jar "$1"/cli/target/cli-*.jar -newer "$stamp" -print -quit)" ]
  else
    ! newer_than "$stamp" "$1"
  fi
}

# make_distribution ROOT: builds the jars, unless a Maven build has just done it, and puts a distribution together.
make_distribution() {
  local root="$1" started made=0
  mkdir -p "$root/target/dist"
  lock_distribution "$root/target/dist"
  if ! distribution_is_current "$root"; then
    started="$root/target/dist/.started"
    : >"$started"
    if [ -n "${FLOTILLA_PACKAGED-}" ]; then
      if ! ls "$root"/node/target/node-*.jar "$root"/cli/target/cli-*.jar >/dev/null 2>&1; then
        echo 'flotilla: FLOTILLA_PACKAGED says that a Maven build has packaged node and cli, but their jars are not there' >&2
        made=1
      fi
    else
      echo 'flotilla: building (the first time takes a minute or more) …' >&2
      if ! "$root/mvnw" -q -B -f "$root/pom.xml" -pl node,cli -am package \
        -Dmaven.test.skip=true -Dspotless.check.skip=true >"$root/target/dist/build.log" 2>&1 </dev/null; then
        cat "$root/target/dist/build.log" >&2
        echo "flotilla: the build failed; what it said stands above and in target/dist/build.log" >&2
        made=1
      fi
    fi
    [ "$made" -ne 0 ] || assemble_distribution "$root" "$started" || made=1
  fi
  unlock_distribution "$root/target/dist"
  return "$made"
}

# The link is turned last, so that a distribution that could not be made whole is never run. One without start-up caches is whole.
assemble_distribution() {
  local root="$1" started="$2" name place previous
  previous="$(readlink "$root/target/dist/current")" || previous=''
  name="$(date -u +%Y%m%dT%H%M%SZ)-$$"
  place="$root/target/dist/$name"
  mkdir -p "$place/lib" \
    && cp -R "$root/bin" "$place/bin" \
    && cp "$root/LICENSE" "$place/" \
    && cp "$root"/node/target/node-*.jar "$place/flotilla-node.jar" \
    && cp "$root"/cli/target/cli-*.jar "$place/flotilla-cli.jar" \
    && cp "$root"/node/target/lib/*.jar "$place/lib/" \
    && cp "$root"/cli/target/lib/*.jar "$place/lib/" \
    && train_new_distribution "$place" \
    && cp -p "$started" "$place/.built" \
    && ln -sfn "$name" "$root/target/dist/current" \
    && remove_old_distributions "$root/target/dist" "$name" "$previous"
}

# train_new_distribution DIST: makes its start-up caches, where the JDK can; what cannot be had is told by the first node that starts.
train_new_distribution() {
  local java_home version
  java_home="$(newest_jdk)" && version="$(jdk_feature_version "$java_home")" || return 0
  if [ "$version" -ge "$FLOTILLA_AOT_OLDEST_JDK" ] && [ "${FLOTILLA_AOT-}" != off ]; then
    echo 'flotilla: training the start-up caches …' >&2
    train_distribution "$1" "$java_home" || :
  fi
}

# remove_old_distributions DIRECTORY KEEP KEEP: removes what no running process has in its command line; nodes are started with the
# full path of their jar. The one before is kept too: a launcher that has just chosen it may not have become its JVM yet.
remove_old_distributions() {
  local place running
  running="$(ps -A -ww -o args= 2>/dev/null)" || return 0
  for place in "$1"/*Z-*; do
    if [ "${place##*/}" = "$2" ] || [ "${place##*/}" = "$3" ]; then
      continue
    fi
    case "$running" in
      *"$place/"*) ;;
      *) rm -rf -- "$place" ;;
    esac
  done
}

# A lock that outlives nobody: it names its holder, and one whose holder is gone is taken over.
lock_distribution() {
  local holder
  until (set -o noclobber && echo "$$" >"$1/.lock") 2>/dev/null; do
    holder="$(cat "$1/.lock" 2>/dev/null)" || holder=''
    if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then
      rm -f "$1/.lock"
    else
      sleep 0.2
    fi
  done
}

unlock_distribution() {
  rm -f "$1/.lock"
}
