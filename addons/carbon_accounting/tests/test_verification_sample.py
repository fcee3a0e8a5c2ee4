import random
from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..tools import sampling
from .verification_common import VerificationCommon


@tagged("post_install", "-at_install")
class TestVerificationSample(VerificationCommon):
    """Samples that can be repeated by anybody (R-140)."""

    def _sizes(self, inventory):
        """Return the population as ``[(id, source, size)]``, from the ledger by hand."""
        rows = self.env.execute_query(
            self._sql(
                "SELECT a.id, a.source_id, round(abs(e.quantity * g.kg_per_unit) * 1000000)::text FROM carbon_activity_data a "
                "JOIN carbon_emission_line e ON e.activity_id = a.id JOIN carbon_emission_factor_gas g ON g.version_id = e.version_id "
                "WHERE a.company_id = %s ORDER BY a.id",
                self.company.id,
            )
        )
        return [(row[0], row[1], int(row[2])) for row in rows]

    def _many(self, count, seed=7):
        """Return a checked inventory of so many declarations of two sources."""
        chance = random.Random(seed)
        for number in range(count):
            rule = self.coal_rule if number % 3 else self.diesel_rule
            day = f"2025-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
            self._declare(rule, round(chance.lognormvariate(1, 2) + 0.001, 3), self.ton, day, name=f"D{number}")
        inventory = self._computed()
        inventory.maker_note = "Checked."
        inventory.issue_note = inventory.issue_count and "Small."
        inventory.action_check()
        return inventory

    def test_hand_made_population_is_drawn_as_calculated_by_hand(self):
        """1,000 rows of 1 t coal and one of 200 t: materiality 5 % of 1,200 t of coal is 60 t; the large one is certain."""
        large = self._declare(self.coal_rule, 200, self.ton, "2025-03-10", name="LARGE")
        small = [self._declare(self.coal_rule, 1, self.ton, "2025-04-10", name=f"S{n}") for n in range(1000)]
        inventory = self._computed()
        inventory.maker_note = "Checked."
        inventory.action_check()
        sample = self._sample(inventory, size=10)
        self.assertEqual((sample.population_count, sample.empty_count, sample.row_count), (1001, 0, 11))
        self.assertAlmostEqual(sample.population_t, 1200 * 1.868533333333333, places=9)
        self.assertEqual((sample.untold_t, sample.state), (0, "drawn"))
        self.assertAlmostEqual(sample.threshold_t, 60 * 1.868533333333333, places=9)
        self.assertEqual(self._row_of(sample, large).pick, "material")
        drawn = sample.row_ids.filtered(lambda row: row.pick == "drawn")
        self.assertEqual(len(drawn), 10)
        self.assertTrue(set(drawn.mapped("origin_id")) <= {declaration.id for declaration in small})
        stratum = sample.stratum_ids
        self.assertAlmostEqual(stratum.interval_t, 100 * 1.868533333333333, places=6)  # sizes are whole milligrams
        # equal sizes: the rows at every hundredth place of the shuffled order, from the start on
        order = sorted(
            self.env["carbon.activity.data"].search([("company_id", "=", self.company.id), ("quantity", "=", 1)]).ids,
            key=lambda row: sampling.random_key("2025", row),
        )
        first = sampling.random_start("2025", 0) * 100 // sampling.STEPS
        self.assertEqual(set(drawn.mapped("activity_key")), {order[first + 100 * step] for step in range(10)})

    def test_same_seed_draws_the_same_rows_and_another_seed_others(self):
        inventory = self._many(120)
        first, again, other = (self._sample(inventory, 20, seed=seed) for seed in ("dice 4 2 6", "dice 4 2 6", "other"))
        keys = [set(sample.row_ids.mapped("activity_key")) for sample in (first, again, other)]
        self.assertEqual(keys[0], keys[1])
        self.assertNotEqual(keys[0], keys[2])
        self.assertEqual(first._ids_digest(), again._ids_digest())
        copied = self.env["carbon.verification.sample"].browse(first.action_repeat()["res_id"]).with_user(self.verifier)
        copied.action_draw()
        self.assertEqual(copied._ids_digest(), first._ids_digest())

    def test_database_draws_what_the_plain_algorithm_draws(self):
        inventory = self._many(150)
        population = self._sizes(inventory)
        for number, (stratify, size, materiality) in enumerate(
            (
                ("none", 10, 5),
                ("none", 60, 50),
                ("source", 10, 5),
                ("source", 90, 100),
                ("none", 149, 100),
                ("category", 7, 0.5),
            )
        ):
            with self.subTest(stratify=stratify, size=size):
                seed = f"seed {number}"
                sample = self._sample(inventory, size, seed, stratify=stratify, materiality=materiality)
                key = {"none": 0, "category": self.coal.category_id.id}.get(stratify)
                rows = [(row, source if key is None else key, own) for row, source, own in population]
                total = self._exact_total(inventory)
                threshold = round(float(total) * materiality / 100 * sampling.MG_PER_KG)
                expected = sampling.draw(rows, seed, size, threshold)
                self.assertEqual({row.activity_key: row.pick for row in sample.row_ids}, expected)

    def _exact_total(self, inventory):
        query = "SELECT SUM(co2e_kg)::text FROM carbon_inventory_line WHERE inventory_id = %s"
        return Decimal(self.env.execute_query(self._sql(query, inventory.id))[0][0])

    def test_probability_is_proportional_to_size(self):
        """Over 400 seeds each row is drawn as often as its size says."""
        rows = [(number, 0, size) for number, size in enumerate((100, 200, 300, 400, 500, 1500))]
        times = dict.fromkeys(range(6), 0)
        for seed in range(400):
            for row in sampling.draw(rows, str(seed), 2, 10**6):
                times[row] += 1
        # 1,500 is at least the interval, and certain: one more of the other 1,500
        self.assertEqual(times[5], 400)
        for number, share in enumerate((1, 2, 3, 4, 5)):
            self.assertAlmostEqual(times[number] / 400, share / 15, delta=0.07)

    def test_every_stratum_has_a_row(self):
        self._declare(self.diesel_rule, 0.01, self.ton, "2025-05-05", name="TINY")
        inventory = self._many(30)
        self._declare(self.diesel_rule, 1, self.ton, "2026-05-05")
        sample = self._sample(inventory, 5, stratify="source", materiality=100)
        self.assertEqual(sample.row_ids.source_id, self.coal + self.diesel)
        self.assertEqual(sample.stratum_ids.source_id, self.coal + self.diesel)
        with self.assertRaisesRegex(UserError, "2 strata need a sample of 2 rows"):
            self._sample(inventory, 1, stratify="source", materiality=100)

    def test_corrected_rows_and_their_counter_rows_are_no_population(self):
        row = self._declare(self.coal_rule, 100, self.ton, "2025-03-10", name="OLD")
        self._declare(self.coal_rule, 10, self.ton, "2025-03-11", name="STAYS")
        self._commit()
        row.action_cancel()
        self._declare(self.coal_rule, 90, self.ton, "2025-03-10", name="NEW")
        inventory = self._computed()
        inventory.maker_note = "Checked."
        inventory.action_check()
        sample = self._sample(inventory, 10)
        self.assertEqual(sample.population_count, 2)
        self.assertEqual(set(sample.row_ids.mapped("label")), {"NEW", "STAYS"})
        self.assertEqual(sample.untold_t, 0)

    def test_reopening_does_not_change_what_a_sealed_inventory_draws(self):
        inventory = self._sealed()
        before = self._sample(inventory, 2)._ids_digest()
        draft = self._restated(inventory)
        self._reopen(draft, ["2025-03-01"])
        self.coal_march.action_cancel()
        self._commit()
        self.assertEqual(self._sample(inventory, 2)._ids_digest(), before)

    def test_stale_inventory_and_draft_are_refused(self):
        self._declare(self.coal_rule, 100, self.ton, "2025-03-10")
        inventory = self._computed()
        with self.assertRaisesRegex(UserError, "is a draft and may change"):
            self._sample(inventory)
        inventory.maker_note = "Checked."
        inventory.action_check()
        self._declare(self.coal_rule, 1, self.ton, "2025-03-11")
        self._commit()
        with self.assertRaisesRegex(UserError, "The ledger has changed since Inventory 2025 was computed"):
            self._sample(inventory)

    def test_population_that_was_tampered_with_does_not_add_up_to_the_inventory(self):
        inventory = self._sealed()
        line = self._activity(self.coal_march).emission_ids
        self._tamper("UPDATE carbon_emission_line SET quantity = 60 WHERE id = %s", line.id)
        sample = self._sample(inventory)
        self.assertAlmostEqual(sample.untold_t, -40 * 1.868533333333333, places=9)

    def test_bad_choices_are_refused_with_what_to_do(self):
        inventory = self._sealed()
        for values, message in (
            ({"size": 20000}, "10000 rows at most"),
            ({"seed": "a|b"}, "without vertical bar"),
        ):
            with self.assertRaisesRegex(UserError, message), self.env.cr.savepoint():
                self._sample(inventory, **values)
        sample = self._sample(inventory)
        with self.assertRaisesRegex(UserError, "was drawn already"):
            sample.action_draw()
