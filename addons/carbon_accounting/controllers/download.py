import tempfile

from werkzeug.wsgi import wrap_file

from odoo.http import content_disposition, request


def readable(model, record_id):
    """Return a record that the user may read.

    :param model: name of its model
    :param record_id: its id, from the address
    :raises NotFound: where there is none
    :raises AccessError: where the user may not read it
    """
    record = request.env[model].browse(record_id)
    if not record.exists():
        raise request.not_found()
    record.check_access("read")
    return record


def attached(name, mimetype):
    """Return the headers of a file that is saved under a name."""
    return [("Content-Type", mimetype), ("Content-Disposition", content_disposition(name))]


def send_written(write, name, mimetype):
    """Send a file that is made in a temporary file, so that its size costs no memory.

    :param write: function that writes into the binary file object it is given
    :param name: name under which it is saved
    :return: the response, which closes the file; then it is gone
    """
    file = tempfile.TemporaryFile(prefix="carbon_")  # noqa: SIM115
    write(file)
    size = file.tell()
    file.seek(0)
    headers = [*attached(name, mimetype), ("Content-Length", str(size))]
    return request.make_response(wrap_file(request.httprequest.environ, file), headers=headers)
