import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component } from "@odoo/owl";

import { lookOf } from "../status/status";

const TITLES = { month: _t("Months"), week: _t("Weeks"), day: _t("Days") };
const WORDS = {
    proven: _t("proven"),
    proving: _t("being proven"),
    stored: _t("not proven yet"),
    damaged: _t("proof failed"),
    failed: _t("failed"),
    making: _t("being made"),
    none: _t("no backup"),
};

/** Three months, four weeks and seven days of backups, one mark each; a click opens the backup. */
export class BackupStrip extends Component {
    static template = "ipai_ops.BackupStrip";
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
    }

    get tiers() {
        const cells = this.props.record.data[this.props.name] || [];
        return Object.entries(TITLES).map(([tier, title]) => ({
            tier,
            title: title.toString(),
            cells: cells.filter((cell) => cell.tier === tier).map((cell) => this.present(cell)),
        }));
    }

    present(cell) {
        const { tone, icon } = lookOf(cell.state);
        const words = (WORDS[cell.state] || cell.state).toString();
        const day = cell.from.slice(0, 10);
        return { ...cell, tone, icon, title: `${day}: ${words}`, key: `${cell.tier}${cell.from}` };
    }

    open(cell) {
        if (cell.id) {
            this.action.doAction({
                type: "ir.actions.act_window",
                res_model: "ops.backup",
                res_id: cell.id,
                views: [[false, "form"]],
            });
        }
    }
}

registry.category("fields").add("ops_backup_strip", {
    component: BackupStrip,
    displayName: _t("Calendar strip of backups"),
    supportedTypes: ["json", "jsonb"],
    isEmpty: () => false,
});
