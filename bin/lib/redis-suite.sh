# Redis's own test suite: gets it, and lays it out so that it can be run. Sourced by bin/conformance, behind bin/lib/apt.sh.
#
#   DIR/suite-<version>/
#     runtest  tests/  utils/     as they are in Redis's source: nothing of it is edited
#     src/version.h               tells which Redis the suite is of
#     src/redis-cli …             links to what is installed: the suite calls them there
#
# Where it comes from: the directory or archive that FLOTILLA_REDIS_SUITE names, else the source package of the redis that Debian or
# Ubuntu has.

redis_suite_explain() {
  cat >&2 <<'END'
conformance: Redis's test suite cannot be had here.
  Debian, Ubuntu:  it comes by itself, from the source package, where apt-get reaches its mirrors
  elsewhere:       unpack a source archive of Redis 7.0.15 and name its directory, or the archive itself:
                   FLOTILLA_REDIS_SUITE=<directory, .tar.gz or URL of one> bin/conformance
It also needs tclsh, and redis-cli for some of its files: packages tcl and redis-tools of Debian and Ubuntu, tcl-tk and redis of Homebrew.
END
}

# redis_suite_tools: tclsh and Redis's own programs; installs them where it may. Fails without tclsh.
redis_suite_tools() {
  if ! { command -v tclsh && command -v redis-cli && command -v redis-server && command -v dpkg-source; } >/dev/null; then
    if apt_may_install; then
      echo 'Installing tcl, redis-server, redis-tools and dpkg-dev; no service is started.' >&2
      apt_install tcl redis-server redis-tools dpkg-dev || return 1
    fi
  fi
  command -v tclsh >/dev/null
}

# redis_suite_package DIR: prints the directory, within DIR, of the unpacked source package, with Debian's patches: they bring tests too.
redis_suite_package() {
  local source
  source="$(apt_source "$1" redis)" || return 1
  (cd "$source" && dpkg-source --no-check -x redis_*.dsc redis) >>"$1/apt.log" 2>&1 || {
    tail -n 5 "$1/apt.log" >&2
    return 1
  }
  printf '%s\n' "$source/redis"
}

# redis_suite DIR: prints the directory of a suite that can be run. DIR is kept between runs.
redis_suite() {
  local work="$1" named="${FLOTILLA_REDIS_SUITE-}" place tool source version
  mkdir -p "$work" || return 1
  work="$(cd -P "$work" && pwd)"
  redis_suite_tools || return 1
  if [ -z "$named" ]; then
    for place in "$work"/suite-*; do
      if [ -f "$place/.whole" ]; then
        printf '%s\n' "$place"
        return 0
      fi
    done
    named="$(redis_suite_package "$work")" || return 1
  fi
  source="$work/source"
  rm -rf "$source" && mkdir -p "$source" || return 1
  case "$named" in
    http://* | https://*)
      curl -fsSL -o "$work/redis.tar.gz" "$named" && named="$work/redis.tar.gz" || return 1
      ;;
  esac
  if [ -d "$named" ]; then
    cp -R "$named/runtest" "$named/tests" "$named/utils" "$source/" && mkdir "$source/src" && cp "$named/src/version.h" "$source/src/" || return 1
  else
    tar -xzf "$named" -C "$source" --strip-components=1 || return 1
    # Only the suite is kept, none of Redis's code.
    find "$source" -mindepth 1 -maxdepth 1 ! -name runtest ! -name tests ! -name utils ! -name src -exec rm -rf {} + || return 1
    find "$source/src" -mindepth 1 ! -name version.h -delete || return 1
  fi
  for tool in redis-cli redis-benchmark redis-server; do
    if command -v "$tool" >/dev/null; then
      ln -s "$(command -v "$tool")" "$source/src/$tool" || return 1
    fi
  done
  version="$(sed -n 's/^#define REDIS_VERSION "\(.*\)".*/\1/p' "$source/src/version.h")"
  [ -n "$version" ] && [ -f "$source/runtest" ] || return 1
  place="$work/suite-$version"
  rm -rf "$place" && mv "$source" "$place" && : >"$place/.whole" || return 1
  rm -rf "$work/apt"
  printf '%s\n' "$place"
}
