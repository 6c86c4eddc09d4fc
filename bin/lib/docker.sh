# The Docker engine that tests need: one that answers, or one that is installed (Debian or Ubuntu, as root) and started for as long as
# the tests run. Sourced by bin/test, behind bin/lib/apt.sh.

docker_engine_pid='' docker_engine_work='' docker_engine_why=''

# docker_engine_up: fails, and says why in docker_engine_why, if there is none to be had.
docker_engine_up() {
  command -v docker >/dev/null && timeout 10 docker info >/dev/null 2>&1 && return 0
  if ! apt_may_install; then
    docker_engine_why='no Docker engine answers, and this is not a Debian where this user may install and start one.'
    return 1
  fi
  if ! command -v dockerd >/dev/null; then
    echo 'No Docker engine: installing Debian'\''s docker.io; no service is started.'
    apt_install docker.io iptables || {
      docker_engine_why='docker.io cannot be installed.'
      return 1
    }
  fi
  docker_engine_work="$(mktemp -d)"
  dockerd --pidfile "$docker_engine_work/pid" >"$docker_engine_work/log" 2>&1 </dev/null &
  docker_engine_pid=$!
  local attempt
  for attempt in {1..60}; do
    if timeout 10 docker info >/dev/null 2>&1; then
      echo 'Started a Docker engine; it is stopped at the end.'
      return 0
    fi
    kill -0 "$docker_engine_pid" 2>/dev/null || break
    sleep 0.5
  done
  docker_engine_why="a Docker engine was started and does not answer: $(tail -n 1 "$docker_engine_work/log" | cut -c 1-300)"
  docker_engine_down
  return 1
}

# docker_base_up: has what containers stand on, made if need be (deploy/base), and tries one as the tests will use it: with a network of
# its own and the right to cut it. Fails, and says why in docker_engine_why, where an engine answers and this does not work.
docker_base_up() {
  local image said why=''
  said="$(mktemp)"
  if ! image="${FLOTILLA_POD_IMAGE:-$(deploy/base 2>"$said")}" || [ -z "$image" ]; then
    why="an engine answers, and deploy/base makes nothing for its containers to stand on: $(tail -n 1 "$said" | cut -c 1-300)"
  elif ! timeout 60 docker run --rm --cap-add NET_ADMIN "$image" iptables -A INPUT -j ACCEPT >"$said" 2>&1; then
    why="an engine answers, and its containers cannot cut their network: $(tail -n 1 "$said" | cut -c 1-300)"
  fi
  rm -f -- "$said"
  docker_engine_why="$why"
  [ -z "$why" ]
}

# docker_engine_down: stops the engine, if docker_engine_up has started it. What it keeps, images above all, stays for the next time.
docker_engine_down() {
  if [ -n "$docker_engine_pid" ]; then
    kill "$docker_engine_pid" 2>/dev/null || :
    wait "$docker_engine_pid" 2>/dev/null || :
    rm -rf -- "$docker_engine_work"
  fi
  docker_engine_pid=''
}
