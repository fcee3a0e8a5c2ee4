from odoo import api, models


class CarbonExtensionPoint(models.AbstractModel):
    """Where addons above say something about a record of addons below.

    A screen asks ``_get_items("effective_procedure", record)`` and shows what comes
    back in the ``carbon_items`` widget. Addons that know an answer override the
    method, call ``super`` and append. Nothing is stored and no model is required.
    """

    _name = "carbon.extension.point"
    _description = "Carbon Extension Point"

    @api.model
    def _get_items(self, point, record):
        """Return what the installed addons have to say at a point.

        :param point: name of the point, e.g. ``effective_procedure``
        :param record: the record shown, one or none
        :return: list of ``{"label", "url", "state", "blocking"}``; state is one of
            success, info, warning, danger, muted; ``url`` may be None
        """
        return []

    @api.model
    def _item(self, label, url=None, state="info", blocking=False):
        """Return one well-formed item.

        :param label: text shown to the user
        :param url: where a click leads, or None
        :param state: success, info, warning, danger or muted
        :param blocking: whether the step at hand is refused because of it
        :return: dictionary
        """
        return {"label": label, "url": url, "state": state, "blocking": blocking}
