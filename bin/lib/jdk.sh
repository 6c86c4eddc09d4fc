# Finds the JDK that builds and runs Flotilla: the newest one on this machine, 21 or later.
# Sourced by mvnw (a POSIX shell), bin/test and bin/flotilla; it runs no java, so it costs a few milliseconds.
# FLOTILLA_JAVA_HOME names a JDK that is to be used whatever else is installed.

FLOTILLA_OLDEST_JDK=21

# The program that a JDK must have to be one. Where nothing is built a run-time without a compiler does: bin/flotilla says java there.
jdk_mark=javac

# jdk_feature_version HOME: prints the feature version (21, 25, ...) of the JDK at HOME, fails where there is none, or without its mark.
jdk_feature_version() {
  [ -x "$1/bin/java" ] && [ -x "$1/bin/$jdk_mark" ] && [ -r "$1/release" ] || return 1
  while IFS='=' read -r jdk_key jdk_value; do
    [ "$jdk_key" = JAVA_VERSION ] || continue
    jdk_value="${jdk_value#\"}"
    jdk_value="${jdk_value%%[!0-9]*}"
    [ -n "$jdk_value" ] || return 1
    printf '%s\n' "$jdk_value"
    return 0
  done <"$1/release"
  return 1
}

# jdk_candidates: prints one directory a line where a JDK may be, the most explicit first. Some may not exist.
jdk_candidates() {
  [ -z "${JAVA_HOME-}" ] || printf '%s\n' "$JAVA_HOME"
  jdk_on_path="$(command -v "$jdk_mark" 2>/dev/null)" || jdk_on_path=''
  if [ -n "$jdk_on_path" ]; then
    jdk_on_path="$(readlink -f "$jdk_on_path" 2>/dev/null || printf '%s\n' "$jdk_on_path")"
    printf '%s\n' "${jdk_on_path%/bin/"$jdk_mark"}"
  fi
  # mvnw turns globbing off, so it is turned on here, for this listing only.
  (
    set +f
    for jdk_directory in /usr/lib/jvm/* /usr/java/* /opt/jdk* /opt/java/* \
      "${SDKMAN_DIR:-${HOME-}/.sdkman}"/candidates/java/* "${HOME-}"/.jdks/* \
      /Library/Java/JavaVirtualMachines/*/Contents/Home "${HOME-}"/Library/Java/JavaVirtualMachines/*/Contents/Home; do
      [ ! -d "$jdk_directory" ] || printf '%s\n' "$jdk_directory"
    done
  )
  [ ! -x /usr/libexec/java_home ] || /usr/libexec/java_home 2>/dev/null || :
}

# newest_jdk: prints the home of the newest JDK, or fails if none is new enough. Of equals the first candidate wins.
newest_jdk() {
  if [ -n "${FLOTILLA_JAVA_HOME-}" ]; then
    jdk_version="$(jdk_feature_version "$FLOTILLA_JAVA_HOME")" || return 1
    [ "$jdk_version" -ge "$FLOTILLA_OLDEST_JDK" ] || return 1
    printf '%s\n' "$FLOTILLA_JAVA_HOME"
    return 0
  fi
  jdk_candidates | {
    jdk_best='' jdk_best_version=$((FLOTILLA_OLDEST_JDK - 1))
    while IFS= read -r jdk_home; do
      jdk_version="$(jdk_feature_version "$jdk_home")" || continue
      if [ "$jdk_version" -gt "$jdk_best_version" ]; then
        jdk_best="$jdk_home" jdk_best_version="$jdk_version"
      fi
    done
    [ -n "$jdk_best" ] && printf '%s\n' "$jdk_best"
  }
}

# explain_missing_jdk: says on standard error what to install where newest_jdk failed.
explain_missing_jdk() {
  if [ -n "${FLOTILLA_JAVA_HOME-}" ]; then
    printf 'flotilla: FLOTILLA_JAVA_HOME=%s is not a JDK %s or later (it must have bin/%s and a release file).\n' \
      "$FLOTILLA_JAVA_HOME" "$FLOTILLA_OLDEST_JDK" "$jdk_mark" >&2
    return 0
  fi
  cat >&2 <<END
flotilla: no JDK $FLOTILLA_OLDEST_JDK or later was found (to build, a JRE is not enough). JDK 25 is what Flotilla is developed on.
  Debian, Ubuntu:  apt-get install openjdk-25-jdk-headless   (or temurin-25-jdk, or openjdk-21-jdk-headless)
  macOS:           brew install openjdk
  anywhere:        sdk install java 25-tem   (SDKMAN)
Looked in JAVA_HOME, PATH, /usr/lib/jvm, /usr/java, /opt, SDKMAN, ~/.jdks and macOS's java_home.
To name one: FLOTILLA_JAVA_HOME=<directory of the JDK>.
END
}
