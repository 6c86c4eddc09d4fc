# What Debian and Ubuntu have: packages, and the sources of packages. Sourced by bin/test, bin/lib/docker.sh, bin/lib/redis-suite.sh,
# bin/lib/phpredis-suite.sh and deploy/base.

# apt_may_install: whether this is a Debian or Ubuntu, and this user may install packages.
apt_may_install() {
  [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null
}

# apt_install PACKAGE…: with RUNLEVEL=1, which keeps a package from starting a service that nobody would stop. The lists of packages are
# only asked for anew where the ones at hand do not do.
apt_install() {
  local install=(env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@")
  { "${install[@]}" || { apt-get update -qq && "${install[@]}"; }; } >/dev/null
}

# apt_source DIR PACKAGE: downloads the source package, and prints the directory within DIR that it is in. It is asked for with an apt
# configuration of our own, so that nothing of the machine's is changed.
apt_source() {
  command -v apt-get >/dev/null || return 1
  local apt="$1/apt" options=() file
  rm -rf "$apt" && mkdir -p "$apt/lists/partial" "$apt/cache" "$apt/source" "$apt/sources.list.d" || return 1
  # The machine's own sources, with deb-src in the place of deb; both of apt's notations.
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
  echo "Getting the source package of $2 …" >&2
  {
    apt-get "${options[@]}" update && (cd "$apt/source" && apt-get "${options[@]}" source --download-only "$2")
  } >"$1/apt.log" 2>&1 || {
    tail -n 5 "$1/apt.log" >&2
    return 1
  }
  printf '%s\n' "$apt/source"
}
