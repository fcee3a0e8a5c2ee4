def uninstall_hook(env):
    """Archive the rules of the kinds that go; the ledger keeps what they produced."""
    env["carbon.activity.rule"]._archive_kinds("account.")
