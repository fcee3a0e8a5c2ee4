import { download } from "@web/core/network/download";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { getReportUrl } from "@web/webclient/actions/reports/utils";

const PREFIX = "carbon_accounting.document_";

/**
 * Reports of this addon are printed by Chromium on the server. Odoo would ask for wkhtmltopdf first, and show the
 * page as HTML where it is missing.
 *
 * @returns {Promise<boolean>} whether the action was one of them
 */
export async function printWithChromium(action, options, env) {
    if (action.report_type !== "qweb-pdf" || !action.report_name.startsWith(PREFIX)) {
        return false;
    }
    env.services.ui.block();
    try {
        await download({
            url: "/report/download",
            data: {
                data: JSON.stringify([getReportUrl(action, "pdf"), action.report_type]),
                context: JSON.stringify({ ...user.context, ...action.context }),
            },
        });
    } finally {
        env.services.ui.unblock();
    }
    return true;
}

registry.category("ir.actions.report handlers").add("carbon_print_with_chromium", printWithChromium);
