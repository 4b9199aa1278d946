import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { KanbanRenderer } from "@web/views/kanban/kanban_renderer";

/** Cards move between Development and Staging after a question; Production is promoted to. */
export class BoardRenderer extends KanbanRenderer {
    setup() {
        super.setup();
        this.notification = useService("notification");
        this.actionService = useService("action");
    }

    /** Who may not write does not drag either. */
    get canResequenceRecords() {
        return super.canResequenceRecords && this.props.archInfo.activeActions.edit;
    }

    async sortRecordDrop(recordId, groupId, params) {
        const move = this.describeMove(recordId, groupId, params);
        if (!move) {
            return super.sortRecordDrop(recordId, groupId, params);
        }
        params.parent.classList.remove("o_kanban_hover");
        if (move.from === "production") {
            return this.refuse();
        }
        if (move.to === "production") {
            return this.promote(move.record);
        }
        if (await this.isConfirmed(move)) {
            params.parent.classList.add("o_kanban_hover");
            return super.sortRecordDrop(recordId, groupId, params);
        }
    }

    /** What a drop changes, or nothing where the card stays in its column. */
    describeMove(recordId, groupId, { parent }) {
        const { isGrouped, groupByField, groups } = this.props.list;
        if (
            !isGrouped ||
            groupByField.name !== "stage" ||
            !parent ||
            parent.dataset.id === groupId
        ) {
            return null;
        }
        const from = groups.find((group) => group.id === groupId);
        const to = groups.find((group) => group.id === parent.dataset.id);
        const record = from?.list.records.find((each) => each.id === recordId);
        return record && to ? { record, from: from.value, to: to.value } : null;
    }

    refuse() {
        const text = _t(
            "Production stays in its column. A staging environment takes a fresh clone of its data from its own page.",
        );
        this.notification.add(text, { type: "warning", title: _t("Not moved") });
    }

    /** The card stays; its build goes to production once the person has seen what that means. */
    promote({ resModel, resId, context }) {
        const button = { type: "object", name: "action_promote" };
        return this.actionService.doActionButton({ ...button, resModel, resId, context });
    }

    isConfirmed({ record, to }) {
        const name = record.data.name;
        const body =
            to === "staging"
                ? _t(
                      "%s becomes a staging environment. Its database and files stay; from now on a push updates them in place, without demo data and tests, and it does not expire any more.",
                      name,
                  )
                : _t(
                      "%s becomes a development environment. The next push gives it a fresh database with demo data and runs the tests; what is in its database now is not carried over, and it expires when nobody pushes.",
                      name,
                  );
        return new Promise((resolve) => {
            this.dialog.add(
                ConfirmationDialog,
                {
                    title: to === "staging" ? _t("Move to Staging?") : _t("Move to Development?"),
                    body,
                    confirmLabel: _t("Move"),
                    confirm: () => resolve(true),
                    cancel: () => resolve(false),
                },
                { onClose: () => resolve(false) },
            );
        });
    }
}
