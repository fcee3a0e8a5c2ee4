"""A zip whose manifest names the SHA-256 and size of every file in it."""

import csv
import hashlib
import io
import json
import re
import zipfile
from contextlib import contextmanager

_CHUNK = 1 << 20
#: Files that the manifest cannot name: itself in its forms.
MANIFESTS = ("manifest.json", "manifest.csv", "SHA256SUMS")


class _Hashed(io.RawIOBase):
    """A file being written whose bytes are hashed and counted on the way."""

    def __init__(self, target):
        self._target = target
        self.sha256 = hashlib.sha256()
        self.size = 0

    def writable(self):
        return True

    def write(self, data):  # pylint: disable=method-required-super
        self._target.write(data)
        self.sha256.update(data)
        self.size += len(data)
        return len(data)


def safe_name(text, most=80):
    """Return a text as a name of a file: letters of any script, digits, points, dashes."""
    name = re.sub(r"[^\w.()-]+", "_", str(text or "")).strip("._") or "file"
    return name if len(name) <= most else f"{name[: most - 12]}_{name[-11:]}"


class EvidenceZip:
    """Writes files one after the other into a zip on disk; memory holds a chunk and the list of files.

    :param stream: binary file object to write to
    """

    def __init__(self, stream):
        self._zip = zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, allowZip64=True)
        self.files = []
        self._names = set()

    def _free(self, path):
        """Return a path that no file has yet, also where file systems know no capitals."""
        stem, dot, ending = path.rpartition(".")
        candidate, number = path, 1
        while candidate.lower() in self._names:
            number += 1
            candidate = f"{stem}_{number}{dot}{ending}" if dot else f"{path}_{number}"
        self._names.add(candidate.lower())
        return candidate

    @contextmanager
    def open(self, path, **about):
        """Yield a file object to write one file with; ``about`` goes to the manifest."""
        path = self._free(path)
        with self._zip.open(path, "w", force_zip64=True) as target:
            hashed = _Hashed(target)
            yield hashed
        self.files.append({"path": path, "size": hashed.size, "sha256": hashed.sha256.hexdigest(), **about})

    def add(self, path, raw, **about):
        """Add bytes, or text as UTF-8.

        :return: the path in the zip
        """
        with self.open(path, **about) as target:
            target.write(raw.encode() if isinstance(raw, str) else raw)
        return self.files[-1]["path"]

    def add_stream(self, path, stream, **about):
        """Add what is left of an open file."""
        with self.open(path, **about) as target:
            while chunk := stream.read(_CHUNK):
                target.write(chunk)

    def add_json(self, path, value, **about):
        """Add a value as JSON that people can read."""
        self.add(path, json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n", **about)

    def add_csv(self, path, head, rows, **about):
        """Add rows as CSV that spreadsheets open as Unicode; they are read one by one.

        :return: number of rows
        """
        count = 0
        with self.open(path, **about) as target:
            text = io.TextIOWrapper(io.BufferedWriter(target, _CHUNK), encoding="utf-8-sig", newline="")
            writer = csv.writer(text)
            writer.writerow(head)
            for row in rows:
                writer.writerow([_cell(value) for value in row])
                count += 1
            text.flush()
            text.detach().detach()
        return count

    def close(self, **about):
        """Write the manifests and end the zip.

        :param about: what the manifest says of the pack
        :return: SHA-256 of ``manifest.json``
        """
        lines = "".join(f"{file['sha256']}  {file['path']}\n" for file in self.files)
        self._zip.writestr("SHA256SUMS", lines)
        table = io.StringIO(newline="")
        writer = csv.writer(table)
        writer.writerow(("path", "size", "sha256", "title"))
        writer.writerows((f["path"], f["size"], f["sha256"], f.get("title", "")) for f in self.files)
        self._zip.writestr("manifest.csv", "\ufeff" + table.getvalue())
        manifest = json.dumps({**about, "files": self.files}, ensure_ascii=False, indent=2, default=str) + "\n"
        self._zip.writestr("manifest.json", manifest)
        self._zip.close()
        return hashlib.sha256(manifest.encode()).hexdigest()


def _cell(value):
    """Return a value as a cell that no spreadsheet takes for a formula."""
    if value is None or value is False:
        return ""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value


def differences(stream):
    """Return texts of what in a pack is not as its manifest says; empty: it is whole.

    :param stream: binary file object of the zip
    """
    found = []
    with zipfile.ZipFile(stream) as pack:
        manifest = json.loads(pack.read("manifest.json"))
        there = set(pack.namelist()) - set(MANIFESTS)
        for file in manifest["files"]:
            if file["path"] not in there:
                found.append(f"missing: {file['path']}")
                continue
            there.discard(file["path"])
            digest = hashlib.sha256()
            with pack.open(file["path"]) as content:
                while chunk := content.read(_CHUNK):
                    digest.update(chunk)
            if digest.hexdigest() != file["sha256"]:
                found.append(f"changed: {file['path']}")
        found += [f"added: {path}" for path in sorted(there)]
    return found
