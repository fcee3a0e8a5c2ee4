def uninstall_hook(env):
    """Archive the rules that listen to stock moves; the ledger stays readable."""
    env["carbon.activity.rule"]._archive_kinds("stock.")
