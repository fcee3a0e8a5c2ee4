"""The floor of collection: bare INSERT … SELECT of exactly the rows produced, into copies of both tables."""

import time


class Floor:
    """Copies of the ledger tables with all their indexes, filled with the rows of one company.

    The rows of each chunk are copied right after it was collected: a machine that is slower for a while is so for both.
    """

    tables = ("carbon_activity_data", "carbon_emission_line")

    def __init__(self, env, company):
        self.env = env
        self.company = company
        self.seconds = 0.0
        self.rows = 0
        self.last = {}
        cr = env.cr
        for table in self.tables:
            cr.execute(f"DROP TABLE IF EXISTS floor_{table}; CREATE TABLE floor_{table} (LIKE {table} INCLUDING ALL)")
            cr.execute(f"ANALYZE {table}; SELECT COALESCE(max(id), 0) FROM {table}")
            self.last[table] = cr.fetchone()[0]
        cr.commit()

    def copy(self):
        """Copy the rows that are new since the last copy, in one transaction."""
        cr = self.env.cr
        start = time.perf_counter()
        for table in self.tables:
            cr.execute(
                f"INSERT INTO floor_{table} SELECT * FROM {table} WHERE id > %s AND company_id = %s ORDER BY id",
                [self.last[table], self.company.id],
            )
            self.rows += cr.rowcount
        cr.commit()
        self.seconds += time.perf_counter() - start
        for table in self.tables:
            cr.execute(f"SELECT COALESCE(max(id), 0) FROM {table}")
            self.last[table] = cr.fetchone()[0]

    def drop(self):
        """Remove the copies."""
        for table in self.tables:
            self.env.cr.execute(f"DROP TABLE floor_{table}")
        self.env.cr.commit()
