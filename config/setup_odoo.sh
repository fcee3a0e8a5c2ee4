# Odoo 19: somebody's own checkout, a .deb downloaded by hand, or Debian's package. Sourced by setup.sh.
# shellcheck shell=bash disable=SC2034
ODOO_PACKAGE=odoo-19
ODOO_TESTED_SHA256=9d2f598b0555db17e291d48ed24df184c70823c053c4c5ed53c467ca7f629bbf   # odoo-19 19.0.0+dfsg-1
# Files the package links to. The two fonts keep the file names Odoo asks for only in Debian 12.
COMPANIONS_SID="libjs-jquery libjs-jquery-form libjs-underscore fonts-roboto-unhinted fonts-montserrat fonts-ocr-b"
COMPANIONS_BOOKWORM="fonts-font-awesome fonts-inconsolata"
APT=$RUNTIME/apt
HELP_ODOO="Or give Odoo yourself: ODOO_SRC=/path/to/odoo-19-checkout make run, or ODOO_DEB_FILE=/path/to/odoo_19….deb make run, or use docker/ (docs/developer/setup.md)."

odoo_install() {
  if [ -n "${ODOO_SRC:-}" ]; then odoo_from_checkout; else odoo_from_package; fi
}

odoo_from_checkout() {
  ODOO_SRC=$(cd "$ODOO_SRC" 2> /dev/null && pwd) || fail "ODOO_SRC is not a folder" "Point it at a checkout of Odoo 19 (the folder with odoo-bin)."
  grep -qsE '^version_info = \(19, 0,' "$ODOO_SRC/odoo/release.py" || fail "ODOO_SRC=$ODOO_SRC is not Odoo 19.0" "Check out its branch 19.0."
  ODOO_PATH=$ODOO_SRC
  ODOO_ADDONS=$ODOO_SRC/odoo/addons
  [ ! -d "$ODOO_SRC/addons" ] || ODOO_ADDONS=$ODOO_SRC/addons,$ODOO_ADDONS
  ODOO_ID="checkout $ODOO_SRC $(git -C "$ODOO_SRC" rev-parse --short HEAD 2> /dev/null || true)"
}

odoo_from_package() {
  local deb
  if [ -n "${ODOO_DEB_FILE:-}" ]; then
    deb=$ODOO_DEB_FILE
    dpkg-deb --field "$deb" Package Version > /dev/null 2>&1 || fail "ODOO_DEB_FILE=$deb is not a Debian package" "Download it again, or leave ODOO_DEB_FILE away."
    once odoo "file $(sha256sum "$deb" | cut -d' ' -f1)" odoo_unpack_file "$deb"
  else
    # What is there stays, also when the archive has a newer one: `make clean-odoo` fetches again.
    [ -s "$RUNTIME/state/odoo" ] && [ -d "$PREFIX/usr" ] && ! grep -q ^file "$RUNTIME/state/odoo" \
      || once odoo "package" odoo_unpack_archive
  fi
  ODOO_PATH=$PREFIX/usr/lib/python3/dist-packages
  ODOO_ADDONS=$ODOO_PATH/odoo/addons
  ODOO_ID="package $(cat "$PREFIX/package")"
}

odoo_unpack_file() {
  odoo_extract "$1" && odoo_complete "$1"
}

odoo_unpack_archive() {
  command -v apt-get > /dev/null || fail "Odoo 19 cannot be fetched: this machine has no apt-get" "$HELP_ODOO"
  logged apt-sid apt_suite sid || fail "the Debian archive of this machine does not answer for sid" "Is the network up?  Log: $RUNTIME/log/apt-sid.log" "$HELP_ODOO"
  # shellcheck disable=SC2086
  logged apt-odoo apt_fetch sid $ODOO_PACKAGE || fail "package $ODOO_PACKAGE could not be downloaded" "Log: $RUNTIME/log/apt-odoo.log" "$HELP_ODOO"
  local deb
  deb=$(ls "$APT"/sid/debs/"$ODOO_PACKAGE"_*.deb)
  odoo_extract "$deb" && odoo_complete "$deb" && rm -rf "$APT"
}

odoo_extract() {  # leaves out dist-packages/{addons,doc,setup}: a second, Python-only copy of every addon
  local deb=$1 sum
  sum=$(sha256sum "$deb" | cut -d' ' -f1)
  [ "$sum" = "$ODOO_TESTED_SHA256" ] || note "note: $(basename "$deb") is not the package this project was tested with (19.0.0+dfsg-1)"
  rm -rf "$PREFIX"
  mkdir -p "$PREFIX"
  odoo_untar "$deb"
  printf '%s %s' "$(dpkg-deb --field "$deb" Version)" "${sum:0:12}" > "$PREFIX/package"
  grep -qs '^version_info = (19, 0,' "$PREFIX/usr/lib/python3/dist-packages/odoo/release.py" || fail "$(basename "$deb") does not hold Odoo 19.0" "$HELP_ODOO"
}
odoo_untar() {
  local dist=./usr/lib/python3/dist-packages
  dpkg-deb --fsys-tarfile "$1" | tar -x -C "$PREFIX" --no-same-owner --exclude=$dist/addons --exclude=$dist/doc --exclude=$dist/setup --exclude=./usr/share/doc
}

odoo_complete() {  # Debian's package links to libraries and fonts of other packages; Odoo's own .deb carries them
  local deb broken selfie
  if [ -n "$(find "$PREFIX" -xtype l -print -quit)" ]; then
    # shellcheck disable=SC2086
    { [ -s "$APT/sid/sources.list" ] || logged apt-sid apt_suite sid; } && logged apt-sid-more apt_fetch sid $COMPANIONS_SID \
      && logged apt-bookworm apt_suite bookworm && logged apt-bookworm-more apt_fetch bookworm $COMPANIONS_BOOKWORM \
      || fail "the libraries and fonts Odoo links to could not be downloaded" "Log: $RUNTIME/log/apt-*.log" "$HELP_ODOO"
    for deb in "$APT"/sid/debs/*.deb "$APT"/bookworm/debs/*.deb; do
      [[ $(basename "$deb") == "$ODOO_PACKAGE"_* ]] || odoo_untar "$deb"
    done
  fi
  broken=$(find "$PREFIX" -xtype l | head -n 3)
  [ -z "$broken" ] || note "note: links without a target (icons or fonts may be missing):" $broken
  selfie=$PREFIX/usr/lib/python3/dist-packages/odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js
  [ -e "$selfie" ] || { mkdir -p "$(dirname "$selfie")" && echo '/* not free, so not shipped by Debian: no background blur in calls */' > "$selfie"; }
}

# ---- a private apt state: the machine's own archive, other suites, nothing of the system touched
apt_archive() {
  apt-get indextargets --format '$(REPO_URI)|$(LABEL)|$(COMPONENT)' 2> /dev/null | awk -F'|' '$2 == "Debian" && $3 == "main" { print $1; f = 1; exit } END { exit !f }' \
    || apt-get indextargets --format '$(REPO_URI)|$(SITE)|$(COMPONENT)' | awk -F'|' '$1 !~ /security/ && $3 == "main" { print $1; f = 1; exit } END { exit !f }' \
    || { echo "no Debian archive in the system's apt configuration" >&2; return 1; }
}
apt_private() {  # apt_private SUITE ARGUMENTS...
  local dir=$APT/$1 sources=()
  [ "$1" = own ] || sources=(-o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::status="$dir/status")
  shift
  apt-get -q "${sources[@]}" -o Dir::State::lists="$dir/lists" -o Dir::Cache="$dir/cache" -o APT::Sandbox::User="$(id -un)" \
    -o Debug::NoLocking=true -o Acquire::Languages=none -o Acquire::Retries=3 -o Acquire::Check-Valid-Until=false "$@"
}
apt_suite() {  # read the package lists of a suite of the archive ("own": those of this machine's system)
  local suite=$1 archive dir=$APT/$1 keys=/usr/share/keyrings/debian-archive-keyring.gpg
  mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/debs"
  if [ "$suite" != own ]; then
    archive=$(apt_archive) || return 1
    : > "$dir/status"
    [ -e "$keys" ] && keys="[signed-by=$keys]" || keys=
    echo "deb $keys $archive $suite main" > "$dir/sources.list"
  fi
  apt_private "$suite" update
}
apt_fetch() {
  local suite=$1
  shift
  (cd "$APT/$suite/debs" && apt_private "$suite" download "$@")
}
