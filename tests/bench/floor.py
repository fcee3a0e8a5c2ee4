"""The floor of collection: bare INSERT … SELECT of exactly the rows produced, into copies of both tables."""

import time

CHUNK = 50_000


class Floor:
    """Copies of the ledger tables with all their indexes, filled with the rows of one company."""

    tables = ("carbon_activity_data", "carbon_emission_line")

    def __init__(self, env, company):
        self.env = env
        self.company = company

    def measure(self):
        """Return the seconds that the bare inserts take, in transactions of the same size as the collection's."""
        cr = self.env.cr
        for table in self.tables:
            cr.execute(f"DROP TABLE IF EXISTS floor_{table}; CREATE TABLE floor_{table} (LIKE {table} INCLUDING ALL)")
            cr.execute(f"ANALYZE {table}")
        cr.commit()
        total = 0.0
        for table in self.tables:
            cr.execute(
                f"SELECT min(id), max(id) FROM {table} WHERE company_id = %s",
                [self.company.id],
            )
            low, high = cr.fetchone()
            cr.execute(
                f"SELECT count(*) FROM {table} WHERE id BETWEEN %s AND %s AND company_id = %s",
                [low, high, self.company.id],
            )
            start = time.perf_counter()
            while low <= high:
                cr.execute(
                    f"INSERT INTO floor_{table} SELECT * FROM {table} WHERE id BETWEEN %s AND %s AND company_id = %s ORDER BY id",
                    [low, low + CHUNK - 1, self.company.id],
                )
                cr.commit()
                low += CHUNK
            total += time.perf_counter() - start
        for table in self.tables:
            cr.execute(f"DROP TABLE floor_{table}")
        cr.commit()
        return total
