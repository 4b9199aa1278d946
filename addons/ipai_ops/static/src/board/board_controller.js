import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { KanbanController } from "@web/views/kanban/kanban_controller";

import { useLive } from "../live/live_hook";
import { BoardHeader } from "./board_header";
import { useKeys } from "./keys";

/** The board: cards follow the server by themselves; `/` searches, `n` makes new, `l` shows logs. */
export class BoardController extends KanbanController {
    static template = "ipai_ops.BoardView";
    static components = { ...KanbanController.components, BoardHeader };

    setup() {
        super.setup();
        this.notification = useService("notification");
        useLive(
            () => "ipai_ops.board",
            (payloads) => this.onNews(payloads),
        );
        useKeys({
            "/": () => this.env.searchModel.trigger("focus-search"),
            n: () => this.canCreate && this.createRecord(),
            l: () => this.openLogs(),
        });
    }

    get projectId() {
        return this.props.context.default_project_id || false;
    }

    get cards() {
        const { root } = this.model;
        return root.isGrouped ? root.groups.flatMap((group) => group.list.records) : root.records;
    }

    /** Read the cards that moved; a card that is not here yet, or not any more, reloads the board. */
    async onNews(payloads) {
        const ours = payloads.filter(
            (each) => !this.projectId || each.project_id === this.projectId,
        );
        const ids = new Set(ours.map((payload) => payload.environment_id).filter(Boolean));
        const known = this.cards.filter((card) => ids.has(card.resId));
        if (known.length === ids.size) {
            await Promise.all(known.map((card) => this.reloadCard(card)));
        } else {
            await this.model.load();
        }
    }

    async reloadCard(card) {
        const { stage, active } = card.data;
        try {
            await card.load();
        } catch {
            return this.model.load(); // deleted meanwhile
        }
        if (card.data.stage !== stage || card.data.active !== active) {
            await this.model.load();
        }
    }

    /** The log of the card that has the focus, or of the one under the pointer. */
    openLogs() {
        const { el } = this.rootRef;
        const card =
            document.activeElement.closest?.(".o_kanban_record") ||
            el.querySelector(".o_kanban_record:hover");
        const record = this.cards.find((each) => each.id === card?.dataset.id);
        const run = record?.data.last_run_id;
        if (!run) {
            const text = _t("Choose a card with the arrow keys first: l shows its last run's log.");
            return this.notification.add(text, { type: "info" });
        }
        return this.actionService.doAction({
            type: "ir.actions.act_window",
            res_model: "ops.run",
            res_id: run.id,
            views: [[false, "form"]],
        });
    }
}
