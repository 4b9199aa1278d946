import { useService } from "@web/core/utils/hooks";
import { registry } from "@web/core/registry";
import { X2ManyField, x2ManyField } from "@web/views/fields/x2many/x2many_field";

/** A one2many whose rows open as pages of their own, not as a dialog. */
export class PagesField extends X2ManyField {
    setup() {
        super.setup();
        this.actionService = useService("action");
    }

    async openRecord(record) {
        return this.actionService.doAction({
            type: "ir.actions.act_window",
            res_model: record.resModel,
            res_id: record.resId,
            views: [[false, "form"]],
        });
    }
}

registry.category("fields").add("ops_pages", { ...x2ManyField, component: PagesField });
