def uninstall_hook(env):
    """Archive the rules that listen to manufacturing; the ledger stays readable."""
    env["carbon.activity.rule"]._archive_kinds("mrp.")
