#!/usr/bin/env bash
# Installs Secure Proxy as a system service, or takes it away again. It may be run any number of times; settings,
# certificates and logs are never overwritten and never removed.
set -euo pipefail

usage() {
    cat <<'USAGE'
usage: install.sh [--prefix DIR] [--destdir DIR] [--binary FILE] [--client FILE] [--uninstall] [--dry-run]

  --prefix DIR    where programs and documents go; default /usr/local. Units and the like go there too where the system
                  looks for them there (/usr, /usr/local), else to /etc. Settings and logs are in /etc and /var.
  --destdir DIR   a directory in place of /, for packages: nothing outside it is touched, nobody is created
  --binary FILE   the daemon; default .build/release/secure-proxy of this repository
  --client FILE   the test client; default beside the daemon, left out where it isn't there
  --uninstall     removes what was installed; leaves settings, certificates, logs and the user
  --dry-run       says what would be done
USAGE
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_root=$(dirname "$here")
prefix=/usr/local
destdir=
binary=
client=
uninstall=false
dry_run=false

value() { [[ $# -ge 2 && -n $2 ]] || { echo "install.sh: $1 needs a value" >&2; exit 2; }; printf '%s' "$2"; }
while [[ $# -gt 0 ]]; do
    case $1 in
        --prefix) prefix=$(value "$@"); shift ;;
        --destdir) destdir=$(value "$@"); shift ;;
        --binary) binary=$(value "$@"); shift ;;
        --client) client=$(value "$@"); shift ;;
        --uninstall) uninstall=true ;;
        --dry-run) dry_run=true ;;
        -h | --help) usage; exit 0 ;;
        *) echo "install.sh: there is no option $1" >&2; usage >&2; exit 2 ;;
    esac
    shift
done
prefix=${prefix%/}
destdir=${destdir%/}
if [[ $prefix != /* && -n $prefix ]]; then
    echo "install.sh: --prefix has to begin with /" >&2
    exit 2
fi
: "${binary:=$source_root/.build/release/secure-proxy}"
: "${client:=$(dirname "$binary")/secure-proxy-client}"

# systemd and sysctl read these two; what is anywhere else has to be put into /etc.
case $prefix in
    /usr | /usr/local) lib=$prefix/lib ;;
    *) lib=/etc ;;
esac

run() {
    if $dry_run; then printf '%q ' "$@"; printf '\n'; else "$@"; fi
}

# Every file of the installation: mode, source, target. Texts that name /usr/local are adapted to the prefix.
files() {
    printf '%s|%s|%s\n' \
        755 "$binary" "$prefix/sbin/secure-proxy" \
        755 "$client" "$prefix/bin/secure-proxy-client" \
        644 "$here/systemd/secure-proxy.service" "$lib/systemd/system/secure-proxy.service" \
        644 "$here/systemd/secure-proxy.socket" "$lib/systemd/system/secure-proxy.socket" \
        644 "$here/sysusers/secure-proxy.conf" "$lib/sysusers.d/secure-proxy.conf" \
        644 "$here/tmpfiles/secure-proxy.conf" "$lib/tmpfiles.d/secure-proxy.conf" \
        644 "$here/sysctl/60-secure-proxy.conf" "$lib/sysctl.d/60-secure-proxy.conf" \
        644 "$here/logrotate/secure-proxy" "/etc/logrotate.d/secure-proxy"
    local path directory
    for path in "$here"/systemd/secure-proxy.service.d/*; do
        printf '644|%s|%s\n' "$path" "$prefix/share/doc/secure-proxy/systemd/${path##*/}"
    done
    for directory in cloudwatch prometheus grafana; do
        for path in "$here/$directory"/*; do
            printf '644|%s|%s\n' "$path" "$prefix/share/secure-proxy/$directory/${path##*/}"
        done
    done
    for path in "$here/proxy.json" "$source_root"/docs/*.md "$source_root/docs/proxy.schema.json" \
        "$source_root/README.md" "$source_root/CHANGELOG.md" "$source_root/LICENSE"; do
        printf '644|%s|%s\n' "$path" "$prefix/share/doc/secure-proxy/${path##*/}"
    done
}

# Puts a file in its place in one step, so that a running program or a reader never meets half of it.
place() {
    local mode=$1 from=$2 to=$destdir$3
    run install -d -m 755 "$(dirname "$to")"
    if $dry_run; then
        echo "install -m $mode $from $to"
        return
    fi
    if [[ $mode == 644 ]] && LC_ALL=C grep -qI . "$from"; then
        sed "s#/usr/local/#$prefix/#g" "$from" >"$to.new"
    else
        cp "$from" "$to.new"
    fi
    chmod "$mode" "$to.new"
    mv -f "$to.new" "$to"
}

has() { command -v "$1" >/dev/null 2>&1; }
on_this_machine() { [[ -z $destdir && $(id -u) -eq 0 ]]; }
systemd_runs() { [[ -d /run/systemd/system ]] && has systemctl; }

install_all() {
    if [[ ! -x $binary ]]; then
        echo "install.sh: $binary isn't there: swift build -c release --product secure-proxy, or name it with --binary" >&2
        exit 1
    fi
    local mode from to
    while IFS='|' read -r mode from to; do
        if [[ $from == "$client" && ! -x $from ]]; then continue; fi
        place "$mode" "$from" "$to"
    done < <(files)
    if [[ ! -e $destdir/etc/secure-proxy/proxy.json ]]; then place 644 "$here/proxy.json" /etc/secure-proxy/proxy.json; fi
    run install -d -m 700 "$destdir/etc/secure-proxy/certs"
    if on_this_machine; then
        make_user
        make_directories
        if systemd_runs; then run systemctl daemon-reload; fi
    fi
    next_steps
}

make_user() {
    if has systemd-sysusers; then
        run systemd-sysusers "$lib/sysusers.d/secure-proxy.conf"
    elif ! id secure-proxy >/dev/null 2>&1; then
        run useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin secure-proxy
    fi
}

make_directories() {
    if has systemd-tmpfiles; then
        run systemd-tmpfiles --create "$lib/tmpfiles.d/secure-proxy.conf"
    else
        run install -d -o root -g root -m 755 /var/log/secure-proxy /run/secure-proxy /var/lib/secure-proxy \
            /var/lib/secure-proxy/jail
    fi
}

next_steps() {
    cat <<STEPS
Secure Proxy is in $destdir$prefix. Next:
  1. /etc/secure-proxy/proxy.json            oidc.discovery, oidc.audience, backend
  2. /etc/secure-proxy/certs                 servercert.pem and serverkey.pem (chmod 600)
  3. $prefix/sbin/secure-proxy check --config /etc/secure-proxy/proxy.json
  4. sysctl --system                         what the kernel needs for many tunnels
  5. systemctl enable --now secure-proxy
STEPS
}

uninstall_all() {
    if on_this_machine && systemd_runs; then
        run systemctl disable --now secure-proxy.socket secure-proxy.service || true
    fi
    local to
    while IFS='|' read -r _ _ to; do
        if [[ -e $destdir$to ]]; then run rm -f "$destdir$to"; fi
    done < <(files)
    local directory
    for directory in share/doc/secure-proxy/systemd share/doc/secure-proxy share/secure-proxy/cloudwatch \
        share/secure-proxy/prometheus share/secure-proxy/grafana share/secure-proxy; do
        if [[ -d $destdir$prefix/$directory ]]; then
            run rmdir --ignore-fail-on-non-empty "$destdir$prefix/$directory"
        fi
    done
    if on_this_machine && systemd_runs; then run systemctl daemon-reload; fi
    echo "left in place: $destdir/etc/secure-proxy, /var/log/secure-proxy, /var/lib/secure-proxy and the user secure-proxy"
}

if $uninstall; then uninstall_all; else install_all; fi
