import { registry } from "@web/core/registry";
import { ListController } from "@web/views/list/list_controller";
import { listView } from "@web/views/list/list_view";

import { useLive } from "./live_hook";

const SECOND = 1000;

/** A list that follows the server; it rests while a person edits or has chosen rows. */
export class LiveListController extends ListController {
    setup() {
        super.setup();
        useLive(
            () => "ipai_ops.board",
            () => this.onNews(),
            SECOND,
        );
    }

    async onNews() {
        const { root } = this.model;
        if (!this.editedRecord && !root.selection?.length) {
            await root.load();
        }
    }
}

registry.category("views").add("ops_live_list", { ...listView, Controller: LiveListController });
