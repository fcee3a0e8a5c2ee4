import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import { click, queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { getService, makeMockEnv, mockService, mountWithCleanup, onRpc, preloadBundle } from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";
import { formatShare, formatSignificant, formatTonnes } from "@carbon_accounting/overview/format";

defineMailModels();
preloadBundle("web.chartjs_lib");

const FRAME = {
    year: 2025,
    years: [2024, 2025],
    is_empty: false,
    basis: { gwp_set: "AR6", electricity: "location" },
    companies: ["Works"],
    domain: [["company_id", "in", [1]]],
    worklist: { count: 0, currency_id: 1, rows: [] },
    collection: { run_id: false, live: false },
    uncounted: { names: [], action: false },
    waiting: { count: 0, t: 0 },
};
const FIGURES = {
    total: 1234.5,
    previous: 2469,
    to_date: 1234.5,
    previous_to_date: 2469,
    last_month: 12,
    outside: 0,
    scopes: [1, 2, 3].map((scope) => ({ scope, t: 411.5, share: 1 / 3, to_date: 411.5, previous_to_date: 0 })),
    months: [...Array(12).keys()].map((i) => ({ month: i + 1, scopes: [10, 10, 10], previous: 60 })),
    sources: [
        { id: 1, name: "Boiler", t: 1000 },
        { id: false, name: "", t: 234.5 },
    ],
    partners: [{ id: 7, name: "Pit 4", t: 1000 }],
    products: [],
    quality: [
        { quality: "measured", label: "Measured", t: 900, share: 0.75 },
        { quality: "estimated", label: "Estimated", t: 300, share: 0.25 },
    ],
    intensity: [],
    warnings: { version_ids: [], names: [] },
};

async function openOverview(getData) {
    onRpc("get_data", getData);
    onRpc("has_group", () => true);
    await mountWithCleanup(WebClient);
    await getService("action").doAction("carbon_accounting.overview");
    await animationFrame();
}

test("figures have as many decimals as say something", async () => {
    await makeMockEnv(); // number formats of the language
    expect(formatTonnes(12345.678)).toBe("12,346");
    expect(formatTonnes(12.345)).toBe("12.3");
    expect(formatTonnes(1.2345)).toBe("1.23");
    expect(formatTonnes(0.01234)).toBe("0.012");
    expect(formatTonnes(0)).toBe("0");
    expect(formatShare(0.0345)).toBe("3.5 %");
    expect(formatShare(0.75)).toBe("75 %");
    expect(formatSignificant(0.00012345)).toBe("0.0001235");
});

test("tiles show the year, its change and its quality", async () => {
    await openOverview(() => ({ ...FRAME, ...FIGURES }));
    expect("[data-tile=total] .o_carbon_value").toHaveText("1,235 t CO₂e");
    expect("[data-tile=total] .o_carbon_hint").toHaveText("50 % vs 2024");
    expect("[data-tile=total] .text-success").toHaveCount(1);
    expect(queryAllTexts("[data-tile^=scope] .o_carbon_value")).toEqual(["411.5 t", "411.5 t", "411.5 t"]);
    expect("[data-tile=quality] .o_carbon_value").toHaveText("75 %");
    expect("[data-tile=quality] .o_carbon_quality button").toHaveCount(2);
    expect("[data-tile=intensity]").toHaveCount(0);
    expect(".o_carbon_overview canvas").toHaveCount(2);
    expect("[data-card=products]").toHaveText(/No emissions with a product/);
});

test("a supplier opens the emissions behind it", async () => {
    const opened = [];
    await openOverview(() => ({ ...FRAME, ...FIGURES }));
    mockService("action", {
        loadAction: (xmlid) => ({ xmlid }),
        doAction: (action, options) => opened.push([action.xmlid, action.domain, options.viewType]),
    });
    await click("[data-card=partners] button");
    await animationFrame();
    expect(opened).toEqual([
        [
            "carbon_accounting.carbon_emission_report_action",
            [
                ["company_id", "in", [1]],
                ["counted", "=", true],
                ["partner_id", "=", 7],
                ["scope", "in", ["1", "2", "3"]],
            ],
            "list",
        ],
    ]);
});

test("an error is said, and trying again shows the figures", async () => {
    let calls = 0;
    await openOverview(() => {
        calls += 1;
        if (calls === 1) {
            throw new Error("The database is away");
        }
        return { ...FRAME, ...FIGURES };
    });
    expect("[role=alert]").toHaveText(/The figures could not be read/);
    await click(".o_carbon_retry");
    await animationFrame();
    expect("[role=alert]").toHaveCount(0);
    expect("[data-tile=total]").toHaveCount(1);
});

test("branches that are in no figure are named, and their set-up is one click away", async () => {
    const done = [];
    const uncounted = { names: ["Works North", "Works South"], action: { type: "ir.actions.client", tag: "open" } };
    await openOverview(() => ({ ...FRAME, ...FIGURES, uncounted }));
    expect(".o_carbon_uncounted").toHaveText(/Works North, Works South/);
    mockService("action", { doAction: (action) => done.push(action.tag) });
    await click(".o_carbon_uncounted button");
    await animationFrame();
    expect(done).toEqual(["open"]);
});

test("data that wait for approval are said, and what waits is one click away", async () => {
    const opened = [];
    await openOverview(() => ({ ...FRAME, ...FIGURES, waiting: { count: 1200, t: 21.671 } }));
    expect(".o_carbon_waiting").toHaveText(/1,200 rows of activity data \(21.7 t CO₂e\) are not approved/);
    mockService("action", {
        loadAction: (xmlid) => ({ xmlid }),
        doAction: (action) => opened.push(action.xmlid),
    });
    await click(".o_carbon_waiting button");
    await animationFrame();
    expect(opened).toEqual(["carbon_accounting.carbon_data_approval_report_action"]);
});

test("changed rules are said and collected again with one click", async () => {
    const done = [];
    const collection = { run_id: 3, state: "done", finished_on: "2025-06-01 08:00:00", live: true, changed: true, reason: "Rules of Works changed." };
    await openOverview(() => ({ ...FRAME, ...FIGURES, collection }));
    expect(".o_carbon_changed[role=alert]").toHaveText(/Rules of Works changed. These figures do not follow everything yet/);
    onRpc("carbon.collection.run", "action_collect_changes", () => ({ type: "collect" }));
    mockService("action", { doAction: (action) => done.push(action.type) });
    await click(".o_carbon_collect");
    await animationFrame();
    expect(done).toEqual(["collect"]);
});

test("a collection under way is shown, not started again", async () => {
    const collection = { run_id: 3, state: "running", progress: 20, live: true, changed: true, under_way: true };
    await openOverview(() => ({ ...FRAME, ...FIGURES, collection }));
    expect(".o_carbon_changed button").toHaveText("Show Collection");
    expect(".o_carbon_collect").toHaveCount(0);
});

test("nothing is said where rules and factors did not change", async () => {
    await openOverview(() => ({ ...FRAME, ...FIGURES }));
    expect(".o_carbon_changed").toHaveCount(0);
});

test("an empty ledger leads to the guided set-up", async () => {
    await openOverview(() => ({ ...FRAME, years: [], is_empty: true }));
    expect(".o_carbon_empty .o_carbon_start").toHaveCount(1);
    expect("[data-tile=total]").toHaveCount(0);
});
