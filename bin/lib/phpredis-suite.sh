# The test suite of phpredis, PHP's client: gets it, and PHP with the client. Sourced by bench/phpredis/run.
#
# Where it comes from: the directory that FLOTILLA_PHPREDIS_SUITE names (phpredis' own "tests"), else the source package of php-redis
# that Debian or Ubuntu has, asked for with an apt configuration of our own, so that nothing of the machine's is changed.

phpredis_explain() {
  cat >&2 <<'END_OF_TEXT'
phpredis: its test suite cannot be run here.
  Debian, Ubuntu:  all of it comes by itself, as root, where apt-get reaches its mirrors
  elsewhere:       php with the extension redis on the PATH, and FLOTILLA_PHPREDIS_SUITE=<the directory "tests" of phpredis' sources>
END_OF_TEXT
}

# phpredis_tools: php with its extension redis; installs them where it may.
phpredis_tools() {
  if ! { command -v php && php -m | grep -qx redis && command -v redis-cli && command -v xz; } >/dev/null 2>&1; then
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
      echo 'Installing php-cli, php-redis, redis-tools and xz-utils.' >&2
      local install=(apt-get install -y -qq --no-install-recommends php-cli php-redis redis-tools xz-utils)
      export DEBIAN_FRONTEND=noninteractive
      { "${install[@]}" || { apt-get update -qq && "${install[@]}"; }; } >/dev/null 2>&1 || return 1
    fi
  fi
  command -v redis-cli >/dev/null && command -v php >/dev/null && php -m | grep -qx redis
}

# phpredis_source DIR: prints the directory of the suite within the unpacked source package.
phpredis_source() {
  command -v apt-get >/dev/null || return 1
  local apt="$1/apt" options=() file
  rm -rf "$apt" && mkdir -p "$apt/lists/partial" "$apt/cache" "$apt/source" "$apt/sources.list.d" || return 1
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ ! -r "$file" ] || sed -n -e 's/^deb\([[:space:]]\)/deb-src\1/p' "$file"
  done >"$apt/sources.list"
  for file in /etc/apt/sources.list.d/*.sources; do
    [ ! -r "$file" ] || sed -e 's/^Types:.*/Types: deb-src/' "$file" >"$apt/sources.list.d/${file##*/}"
  done
  options=(
    -o "Dir::Etc::SourceList=$apt/sources.list" -o "Dir::Etc::SourceParts=$apt/sources.list.d"
    -o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root
  )
  echo 'Getting the source package of php-redis …' >&2
  {
    apt-get "${options[@]}" update \
      && (cd "$apt/source" && apt-get "${options[@]}" source --download-only php-redis && tar -xf php-redis_*.orig.tar.*)
  } >"$1/apt.log" 2>&1 || {
    tail -n 5 "$1/apt.log" >&2
    return 1
  }
  # The package has two versions of the client side by side: the one of the PHP of today is the greater.
  find "$apt/source" -path '*/tests/RedisClusterTest.php' | sort -V | tail -n 1 | sed 's,/RedisClusterTest.php$,,'
}

# phpredis_suite DIR: prints the directory of a suite that can be run. DIR is kept between runs.
phpredis_suite() {
  local work="$1" named="${FLOTILLA_PHPREDIS_SUITE-}"
  mkdir -p "$work" || return 1
  phpredis_tools || return 1
  if [ -z "$named" ] && [ -f "$work/suite/.whole" ]; then
    printf '%s\n' "$work/suite"
    return 0
  fi
  [ -n "$named" ] || named="$(phpredis_source "$work")" || return 1
  [ -f "$named/RedisClusterTest.php" ] || return 1
  rm -rf "$work/suite" && cp -R "$named" "$work/suite" && mkdir -p "$work/suite/nodes" && : >"$work/suite/.whole" || return 1
  rm -rf "$work/apt"
  printf '%s\n' "$work/suite"
}
