# The test suite of phpredis, PHP's client: gets it, and PHP with the client. Sourced by bench/phpredis/run, behind bin/lib/apt.sh.
#
# Where it comes from: the directory that FLOTILLA_PHPREDIS_SUITE names (phpredis' own "tests"), else the source package of php-redis
# that Debian or Ubuntu has.

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
    if apt_may_install; then
      echo 'Installing php-cli, php-redis, redis-tools and xz-utils.' >&2
      apt_install php-cli php-redis redis-tools xz-utils 2>/dev/null || return 1
    fi
  fi
  command -v redis-cli >/dev/null && command -v php >/dev/null && php -m | grep -qx redis
}

# phpredis_source DIR: prints the directory of the suite within the unpacked source package.
phpredis_source() {
  local source
  source="$(apt_source "$1" php-redis)" || return 1
  (cd "$source" && tar -xf php-redis_*.orig.tar.*) || return 1
  # The package has two versions of the client side by side: the one of the PHP of today is the greater.
  find "$source" -path '*/tests/RedisClusterTest.php' | sort -V | tail -n 1 | sed 's,/RedisClusterTest.php$,,'
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
