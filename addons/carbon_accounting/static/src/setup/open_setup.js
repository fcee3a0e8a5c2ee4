import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";

/** Opens the guided set-up of another company: it becomes the current one, the companies that are ticked stay ticked. */
export async function openSetup(env, action) {
    const ticked = user.activeCompanies.map((company) => company.id);
    const companies = [...new Set([action.params.company_id, ...ticked])];
    await user.activateCompanies(companies, { includeChildCompanies: false, reload: false });
    browser.location.assign("/odoo/carbon-setup");
}

registry.category("actions").add("carbon_accounting.open_setup", openSetup);
