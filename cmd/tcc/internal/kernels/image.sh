#!/usr/bin/env bash
# image.sh DIR SUITE META: put the vmlinuz of the Debian kernel that the package META of SUITE depends on into DIR.
# apt's configuration is left alone but for the address of the mirror.
set -euo pipefail
dest=$1 suite=$2 meta=$3
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
chmod 755 "$t"
mkdir -p "$t"/{lists,cache/archives}/partial "$t"/{deb,x} "$dest"
mirror=$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -1)
mirror=${mirror:-http://deb.debian.org/debian}
case $suite in *-security) mirror=${mirror%/debian}/debian-security ;; esac
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$t/sources.list"
o=(-qq -o Dir::Etc::sourcelist="$t/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$t/lists"
	-o Dir::Cache="$t/cache" -o Dir::State::status=/dev/null -o Acquire::Languages=none -o APT::Sandbox::User=root)
apt-get "${o[@]}" update
needs() { apt-cache "${o[@]}" depends "$1" | sed -n 's/^ *Depends: \(linux-[a-z]*-[0-9].*\)/\1/p'; }
package=$(needs "$meta" | grep ^linux-image- | head -1 || true)
package=${package:-$meta}
parts=$(needs "$package" | grep ^linux-binary- || true) # newer kernels have the image in a package of its own
cd "$t/deb"
apt-get "${o[@]}" download "${parts:-$package}"
dpkg-deb --fsys-tarfile ./*.deb | tar -x -C "$t/x" --wildcards '*vmlinuz*'
cp "$(find "$t/x" -name 'vmlinuz*' -type f | head -1)" "$dest/vmlinuz"
echo "$package" >"$dest/package"
