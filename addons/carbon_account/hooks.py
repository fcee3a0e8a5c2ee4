def uninstall_hook(env):
    """Archive the rules of the kinds that go; the ledger keeps what they produced."""
    rules = env["carbon.activity.rule"].with_context(active_test=False)
    kinds = ("account.bill", "account.entry")
    rules.search([("event_kind", "in", kinds)]).active = False
