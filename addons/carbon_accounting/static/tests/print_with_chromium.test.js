import { expect, test } from "@odoo/hoot";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { makeMockEnv, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { printWithChromium } from "@carbon_accounting/report/print_with_chromium";
import { download } from "@web/core/network/download";

defineMailModels();

const REPORT = {
    type: "ir.actions.report",
    report_type: "qweb-pdf",
    report_name: "carbon_accounting.document_ghg_gbt",
    context: { active_ids: [7] },
};

test("a document of ours is downloaded without asking for wkhtmltopdf", async () => {
    const env = await makeMockEnv();
    patchWithCleanup(download, {
        _download: ({ url, data }) => {
            expect.step(url);
            expect.step(JSON.parse(data.data).join(" "));
        },
    });
    expect(await printWithChromium(REPORT, {}, env)).toBe(true);
    expect.verifySteps(["/report/download", "/report/pdf/carbon_accounting.document_ghg_gbt/7 qweb-pdf"]);
});

test("other reports are left to Odoo", async () => {
    const env = await makeMockEnv();
    patchWithCleanup(download, { _download: () => expect.step("download") });
    expect(await printWithChromium({ ...REPORT, report_name: "account.report_invoice" }, {}, env)).toBe(false);
    expect(await printWithChromium({ ...REPORT, report_type: "qweb-html" }, {}, env)).toBe(false);
    expect.verifySteps([]);
});
