import psycopg2

from odoo import api, models

from .carbon_engine import is_concurrency_failure

_ATTEMPTS = 5


class CarbonBackgroundMixin(models.AbstractModel):
    """Work that is done step by step, each step in a transaction of its own, by any process that has time."""

    _name = "carbon.background.mixin"
    _description = "Work in steps in the background"

    @api.model
    def _try_next(self):
        """Do one step.

        :return: whether there was one
        """
        raise NotImplementedError

    @api.model
    def _process_next(self):
        """Do one step; a failure of concurrency is tried again in a new transaction.

        :return: whether there was one
        """
        for attempt in range(_ATTEMPTS):
            done = self._attempt(last=attempt == _ATTEMPTS - 1)
            if done is not None:
                return done
        return False

    @api.model
    def _attempt(self, last):
        """Do one step.

        :return: whether there was one; None after a failure of concurrency
        """
        try:
            done = self._try_next()
            self.env.flush_all()
        except psycopg2.Error as error:
            if last or not is_concurrency_failure(error):
                raise
            self.env.cr.rollback()
            self.env.invalidate_all(flush=False)
            return None
        return done
