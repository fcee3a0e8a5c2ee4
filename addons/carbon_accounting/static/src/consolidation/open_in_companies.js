import { registry } from "@web/core/registry";
import { user } from "@web/core/user";

/** Opens records of other companies of a group: these are ticked too, the current company stays the current one. */
export async function openInCompanies(env, action) {
    const ticked = user.activeCompanies.map((company) => company.id);
    const companies = [...new Set([...ticked, ...action.params.company_ids])];
    await user.activateCompanies(companies, { includeChildCompanies: false, reload: false });
    return env.services.action.doAction(action.params.action);
}

registry.category("actions").add("carbon_accounting.open_in_companies", openInCompanies);
