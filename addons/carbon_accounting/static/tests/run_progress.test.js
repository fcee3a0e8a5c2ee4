import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import { defineModels, fields, MockServer, models, mountView, onRpc } from "@web/../tests/web_test_helpers";

class CarbonCollectionRun extends models.Model {
    _name = "carbon.collection.run";

    state = fields.Selection({
        selection: [
            ["running", "Running"],
            ["done", "Done"],
        ],
    });
    progress = fields.Float();
    job_count = fields.Integer();
    job_done = fields.Integer();
    event_count = fields.Integer();
    row_new = fields.Integer();
    row_reversed = fields.Integer();
    row_emission = fields.Integer();
    issue_count = fields.Integer();

    _records = [{ id: 1, state: "running", progress: 25.4, job_count: 4, job_done: 1, event_count: 4000, row_new: 900 }];
}

defineMailModels();
defineModels([CarbonCollectionRun]);

test("progress is read again while the run is under way, and the form once at the end", async () => {
    onRpc("carbon.collection.run", "read", () => expect.step("read"));
    onRpc("carbon.collection.run", "web_read", () => expect.step("web_read"));
    await mountView({
        type: "form",
        resModel: "carbon.collection.run",
        resId: 1,
        arch: `<form><header><field name="state" widget="statusbar"/></header><widget name="carbon_run_progress"/></form>`,
    });
    expect.verifySteps(["web_read", "read"]);
    expect(".o_carbon_run_progress .fs-2").toHaveText("25%");
    expect("[data-tile=row_new] .fw-bold").toHaveText("900");

    MockServer.env["carbon.collection.run"].write([1], { progress: 75, row_new: 2900 });
    await advanceTime(2500);
    await animationFrame();
    expect.verifySteps(["read"]);
    expect(".o_carbon_run_progress .fs-2").toHaveText("75%");
    expect("[data-tile=row_new] .fw-bold").toHaveText("2,900");

    MockServer.env["carbon.collection.run"].write([1], { progress: 100, state: "done" });
    await advanceTime(2500);
    await animationFrame();
    await advanceTime(100);
    expect(".o_carbon_run_progress").toHaveAttribute("data-state", "done");
    expect(".o_statusbar_status .o_arrow_button_current").toHaveText("Done");
    expect.verifySteps(["read", "web_read", "read"]);

    await advanceTime(10000);
    expect.verifySteps([]);
});
