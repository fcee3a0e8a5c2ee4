import tempfile

from odoo import api, models
from odoo.exceptions import UserError

from ..models.carbon_inventory_seal import SEALED_STATES
from ..tools.documents import DOCUMENTS
from ..tools.evidence_zip import safe_name

_README = """证据包 EVIDENCE PACK

{of}
{company}, {period}

manifest.json  每个文件的路径、字节数与 SHA-256  path, size and SHA-256 of every file
manifest.csv   同上，表格  the same as a table
SHA256SUMS     校验 to check: sha256sum -c SHA256SUMS
report/        温室气体排放报告、数据质量控制计划 GHG reports, data quality control plan (PDF)
workbook/      排放清单工作簿 workbook of the inventory (XLSX)
ledger/        当月活动数据 activity data of the month (CSV)
seal/          封存哈希与校验方法 hash of the seal, and how to verify it
factors/       所用因子版本及来源 factor versions used, with their sources
methods/       计算方法定义 definitions of calculation methods
monitoring/    监测计划、数据缺失、异常 monitoring plan, gaps, anomalies
control/       关账检查表、带阻断项关账、重新打开、数据审批 checklists of the close, overrides, reopenings, approvals of data
trail/         相关审计追踪条目 entries of the audit trail about these records
evidence/      单据附件（index.csv 说明所属记录） files of documents; index.csv says whose they are

The SHA-256 of this zip itself is in the audit trail (event evidence_pack.write), outside of it.
本压缩包自身的 SHA-256 记录在审计追踪中（事件 evidence_pack.write）。

未能放入 NOT IN THE PACK
{missing}
"""
_VERIFY = """封存校验 HOW THE SEAL IS VERIFIED

1. 在系统中打开排放清单，按“校验封存”。系统重新计算每一行的哈希，并指出第一处不同。
   Open the inventory in the system and press Verify Seal: every row is hashed again, the first that differs is named.
2. batches.csv 是哈希链：每一批的链值 = SHA-256(前一链值|序号|种类|月份|首号|末号|行数|内容)，
   始于 SHA-256("carbon-seal|" 版本 "|" 清单 uuid)，末尾即 seal.json 中的 root_hash。
   batches.csv is the chain: SHA-256(previous|number|kind|month|first id|last id|rows|content), beginning with
   SHA-256("carbon-seal|" version "|" uuid of the inventory); its end is root_hash of seal.json.
3. root_hash 与审计追踪（trail/trail.csv，事件 inventory.approve）中的值、以及报告每页页脚的值一致。
   root_hash is the same in the audit trail (trail/trail.csv, event inventory.approve) and in the footer of each page of the report.
"""


class CarbonEvidenceFiles(models.AbstractModel):
    """Writes the files of an evidence pack, one after the other."""

    _name = "carbon.evidence.files"
    _description = "Files of an Evidence Pack"

    @api.model
    def _write(self, pack, book, missing, told):
        """Write all files of a pack.

        :param pack: one ``carbon.evidence.pack``
        :param book: an ``EvidenceZip``
        :param missing: list that takes texts of what could not be put in
        :param told: called with the number of files written
        """
        # sudo: a pack is asked for by accountants, verifiers and managers only (checked before), and shows an auditor the whole
        # evidence of the company's months: bills, plans and approvals too that belong to other people's applications
        own = self.sudo().with_context(allowed_company_ids=pack.company_id.ids, active_test=False)
        scope = own._scope(pack.with_env(own.env))
        for part in own._parts(scope):
            part(scope, book, missing)
            told(len(book.files))
        own._add_attachments(scope, book, missing, told)
        about = {**pack._about([]), "missing": "\n".join(missing) or "–"}
        book.add("README.txt", _README.format(**about), title="README")

    @api.model
    def _scope(self, pack):
        """Return what a pack is about: its records, by name."""
        inventory = pack.inventory_id
        periods = self.env["carbon.reporting.period"].search(
            [
                ("company_id", "=", pack.company_id.id),
                ("date_from", ">=", pack.date_from),
                ("date_from", "<=", pack.date_to),
            ],
            order="date_from",
        )
        if not inventory:
            inventory = self.env["carbon.inventory"].search(
                [
                    ("company_id", "=", pack.company_id.id),
                    ("date_from", "<=", pack.date_from),
                    ("date_to", ">=", pack.date_to),
                    ("computed_on", "!=", False),
                ],
                order="version desc, date_to, id desc",
                limit=1,
            )
        days = {"company_id": pack.company_id.id, "date_from": pack.date_from, "date_to": pack.date_to}
        versions = self.env["carbon.inventory.document"]._versions(inventory) if inventory else inventory
        return {
            "pack": pack,
            "inventory": inventory,
            "versions": versions,
            "periods": periods,
            "plan": self.env["carbon.monitoring.plan"]._at(pack.company_id, pack.date_to),
            "factor_versions": inventory.line_ids.version_id,
            "gaps": self.env["carbon.inventory.document"]._in_period("carbon.data.gap", pack),
            "anomalies": self.env["carbon.inventory.document"]._in_period("carbon.data.anomaly", pack, "date", "date"),
            **days,
        }

    @api.model
    def _parts(self, scope):
        """Return the methods that write the parts of a pack; extension point of other addons."""
        return [
            self._add_reports,
            self._add_workbook,
            self._add_ledger,
            self._add_seal,
            self._add_factors,
            self._add_methods,
            self._add_monitoring,
            self._add_control,
            self._add_approvals,
            self._add_trail,
        ]

    # ------------------------------------------------------------------
    # What people read
    # ------------------------------------------------------------------
    @api.model
    def _langs(self):
        """Return Chinese and English where they are installed."""
        installed = [code for code, _name in self.env["res.lang"].get_installed()]
        return [code for code in ("zh_CN", "en_US") if code in installed] or installed[:1]

    @api.model
    def _add_reports(self, scope, book, missing):
        inventory, plan = scope["inventory"], scope["plan"]
        if not inventory:
            missing.append("report: 没有覆盖该月的排放清单 no inventory covers this month")
        for lang in self._langs():
            for framework in filter(None, DOCUMENTS.values()):
                if inventory:
                    path = f"report/{safe_name(framework)}_{lang}.pdf"
                    self._add_pdf(book, missing, path, self._report_pdf, inventory, framework, lang)
            if plan:
                path = f"report/quality_control_plan_{lang}.pdf"
                self._add_pdf(book, missing, path, self.env["carbon.inventory.document"]._plan_pdf, plan, lang)

    @api.model
    def _report_pdf(self, inventory, framework, lang):
        """Return the issued report of a sealed inventory, or a draft of today; writing a pack only reads."""
        issued = self.env["carbon.report"]._issued(inventory, framework, lang)
        if issued:
            return issued._content()
        return self.env["carbon.inventory.document"]._pdf(inventory, framework, lang)

    @api.model
    def _add_pdf(self, book, missing, path, printer, *args):
        try:
            book.add(path, printer(*args))
        except UserError as error:
            missing.append(f"{path}: {error}")

    @api.model
    def _add_workbook(self, scope, book, missing):
        inventory = scope["inventory"]
        if not inventory:
            missing.append("workbook: 没有覆盖该月的排放清单 no inventory covers this month")
            return
        path = f"workbook/{safe_name(inventory._workbook_name())}"
        if inventory.state in SEALED_STATES and inventory.workbook_id:
            try:
                book.add(path, inventory._filed_workbook().raw, title="filed with the approval")
            except UserError as error:
                missing.append(f"{path}: {error}")
            return
        with tempfile.TemporaryFile(prefix="carbon_") as file:
            self.env["carbon.inventory.workbook"]._write(inventory, file)
            file.seek(0)
            book.add_stream(path, file)

    @api.model
    def _add_ledger(self, scope, book, missing):
        """Write the activity data of a month; those of an inventory are in its workbook."""
        if scope["pack"].inventory_id:
            return
        sheets = self.env["carbon.inventory.workbook"]
        head = ("date", "source", "event", "document", "product", "partner", "quantity", "unit", "origin_quantity")
        head += ("origin_unit", "quality", "uncertainty_percent", "rule", "reverses_id")
        book.add_csv("ledger/activity_data.csv", head, sheets._stream(sheets._sql_activity(scope["pack"])))

    # ------------------------------------------------------------------
    # Seal
    # ------------------------------------------------------------------
    @api.model
    def _add_seal(self, scope, book, missing):
        """Write the seals of all versions of the inventory, and how one is verified."""
        sealed = scope["versions"].filtered("seal_ids")
        if not sealed:
            missing.append("seal: 清单尚未批准 the inventory is not approved, so there is no seal")
            return
        book.add("seal/VERIFY.txt", _VERIFY)
        for inventory in sealed:
            seal, folder = inventory.seal_ids[:1], f"seal/v{inventory.version}"
            run = inventory.seal_run_ids.filtered(lambda r: r.kind == "verify").sorted("id")[-1:]
            book.add_json(
                f"{folder}/seal.json",
                {
                    "inventory": inventory.name,
                    "uuid": inventory.uuid,
                    "form_version": seal.form_version,
                    "root_hash": seal.root_hash,
                    "rows": seal.row_count,
                    "batches": seal.batch_count,
                    "sealed_on": f"{seal.sealed_on}Z",
                    "sealed_by": seal.sealed_by_id.login,
                    "last_verified": run
                    and {"on": f"{run.finished_on}Z", "result": run.state, "message": run.message or ""},
                },
            )
            batches = self.env["carbon.inventory.seal.batch"].search([("seal_id", "=", seal.id)], order="number")
            head = ("number", "kind", "period", "first_key", "last_key", "row_count", "content_hash", "hash")
            book.add_csv(f"{folder}/batches.csv", head, ([batch[name] for name in head] for batch in batches))
