import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

import { Component, onWillStart, onWillUpdateProps, useState } from "@odoo/owl";

const FIELDS = ["name", "repository_url", "hook_seen_at", "poll_minutes"];

/** Above the board: which project, its repository, whether its webhook is heard, its settings. */
export class BoardHeader extends Component {
    static template = "ipai_ops.BoardHeader";
    static components = { Dropdown, DropdownItem };
    static props = { projectId: { type: [Number, Boolean] } };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ projects: [] });
        onWillStart(() => this.load());
        onWillUpdateProps(() => this.load());
    }

    async load() {
        this.state.projects = await this.orm.searchRead("ops.project", [], FIELDS, { limit: 200 });
    }

    get project() {
        return this.state.projects.find((project) => project.id === this.props.projectId);
    }

    get title() {
        return this.project?.name || _t("All projects");
    }

    get repository() {
        return this.project.repository_url.replace(/^\w+:\/\/|^[^/@]+@|\.git$/g, "");
    }

    get repositoryUrl() {
        const url = this.project.repository_url;
        return /^https?:\/\//.test(url) ? url.replace(/\.git$/, "") : false;
    }

    get hook() {
        const { hook_seen_at: seenAt, poll_minutes: minutes } = this.project;
        if (seenAt) {
            const age = deserializeDateTime(seenAt).toRelative();
            return { tone: "green", icon: "fa-check-circle", text: _t("webhook seen %s", age) };
        }
        if (minutes) {
            const text = _t("looks for commits every %s min", minutes);
            return { tone: "blue", icon: "fa-refresh", text };
        }
        return { tone: "amber", icon: "fa-exclamation-triangle", text: _t("webhook never seen") };
    }

    async open(project) {
        const options = { stackPosition: "replaceCurrentAction" };
        if (!project) {
            return this.action.doAction("ipai_ops.environment_action", options);
        }
        const action = await this.orm.call("ops.project", "action_view_environments", [project.id]);
        return this.action.doAction(action, options);
    }

    openSettings() {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "ops.project",
            res_id: this.props.projectId,
            views: [[false, "form"]],
        });
    }
}
