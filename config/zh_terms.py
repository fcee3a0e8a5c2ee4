"""Chinese words of this project: what a term must be called, and words that are wrong here.

Odoo's own catalogues translate the same English words for other apps: "Inventory" as stock on
hand, "Pack" as parcel. Whoever copies from them, or lets a tool fill gaps, brings these back.
`make lint` compares every zh_CN.po with this file.
"""

#: English term, exactly as it stands in the catalogue: the only translation allowed.
FIXED = {
    "Accounting": "核算",
    "Audit Trail": "审计追踪",
    "Channel": "渠道",
    "Emission Source": "排放源",
    "Entries": "条目",
    "Factor Pack": "因子包",
    "GHG Inventory": "温室气体排放清单",
    "Inventories": "排放清单",
    "Inventory": "排放清单",
    "May": "可",
    "Operational Control": "运营控制权",
    "Operational control": "运行控制",
    "Pack": "因子包",
    "Period": "核算期",
    "Periods": "核算期",
    "Removal": "清除",
    "Reporting Period": "核算期",
    "Review": "评审",
    "Role": "岗位",
    "Roles": "岗位",
    "Source": "排放源",
    "Sources": "排放源",
    "Uncertainty": "不确定性",
    "Verified": "已核查",
    "Worklist": "待办清单",
}

#: Wrong word: the right one.
WRONG = {
    "包裹": "因子包 (factor pack)",
    "下架": "清除 (removal)",
    "五月": "可 (may)",
    "对账单": "说明 or 声明 (statement)",
    "频道": "渠道 (channel)",
    "待处理清单": "待办清单 (worklist)",
    "报告期": "核算期 (reporting period)",
    "温室气体清单": "温室气体排放清单 (GHG inventory)",
    "审计轨迹": "审计追踪 (audit trail)",
    "审计跟踪": "审计追踪 (audit trail)",
    "逾期调整": "期后调整 (late adjustment)",
    "迟到调整": "期后调整 (late adjustment)",
}


def findings(msgid, msgstr):
    """Yield what is wrong with a translation.

    :param msgid: English term
    :param msgstr: its translation
    """
    wanted = FIXED.get(msgid)
    if wanted and msgstr != wanted:
        yield f"{msgid!r} is {msgstr!r} and must be {wanted!r} (config/zh_terms.py)"
    for wrong, right in WRONG.items():
        if wrong in msgstr:
            yield f"{msgstr[:60]!r}: not {wrong} but {right}"
