"""QR codes, made here: an address on a label is nobody else's business."""

import base64
import io

import qrcode


def qr_data_uri(text):
    """Return a QR code as the address of a picture that stands in a page by itself.

    :param text: what the code says
    """
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=10, border=4)
    code.add_data(text, optimize=0)
    code.make(fit=True)
    file = io.BytesIO()
    code.make_image().get_image().convert("1").save(file, format="PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
