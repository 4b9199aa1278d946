import { browser } from "@web/core/browser/browser";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";

import {
    Component,
    markRaw,
    onMounted,
    onWillUnmount,
    useEffect,
    useExternalListener,
    useRef,
    useState,
} from "@odoo/owl";

import { useLive } from "../live/live_hook";
import { classesOf, styleOf } from "./ansi";
import { focusStep, logFocus } from "./log_focus";
import { LogReader } from "./log_reader";
import { LogStore } from "./log_store";
import { ROW_HEIGHT, useLogScroll } from "./log_scroll";

const { DateTime } = luxon;
const POLL = 5000;
const MARKS = { error: "fa-times-circle", warning: "fa-exclamation-triangle" };

/**
 * A run's log, live: follows and pauses, searches, filters, keeps 100,000 lines fluent.
 *
 * Only the rows in sight are in the page; see LogStore for how their places are known.
 */
export class LogViewer extends Component {
    static template = "ipai_ops.LogViewer";
    static components = { Dropdown, DropdownItem };
    static props = {
        runId: Number,
        isActive: Boolean,
        steps: Array,
        failedStepId: { type: [Number, Boolean], optional: true },
    };

    setup() {
        this.store = markRaw(new LogStore());
        this.body = useRef("body");
        this.searchInput = useRef("search");
        this.focus = useState(logFocus);
        this.state = useState({
            lineCount: 0,
            isLoading: true,
            hasTimes: this.wantsTimes(),
            level: "debug",
            term: "",
            hit: -1,
            missed: 0,
        });
        this.levels = [
            ["debug", _t("All levels")],
            ["info", _t("Information and above")],
            ["warning", _t("Warnings and errors")],
            ["error", _t("Errors only")],
        ];
        this.scroll = useLogScroll(this.body, this.store, { onFollow: () => this.onFollow() });
        this.scroll.state.isFollowing = this.props.isActive || Boolean(this.props.failedStepId);
        this.onTerm = useDebounced((term) => this.search(term), 150);
        this.setupReader();
        this.setupStepFocus();
        useExternalListener(window, "keydown", (ev) => this.onWindowKeydown(ev));
    }

    setupReader() {
        this.reader = new LogReader(useService("orm"), this.props.runId, {
            lastId: () => this.store.lastId,
            onEvents: (events, state, isMore) => this.onEvents(events, isMore),
        });
        useLive(
            () => `ipai_ops.run.${this.props.runId}`,
            () => this.reader.news(),
            100,
        );
        const poll = () => this.props.isActive && this.reader.news();
        const timer = browser.setInterval(poll, POLL); // where the websocket cannot get through
        onMounted(() => this.reader.news());
        onWillUnmount(() => {
            browser.clearInterval(timer);
            this.reader.stop();
        });
        useEffect(
            () => {
                this.reader.news();
            },
            () => [this.props.isActive],
        );
    }

    setupStepFocus() {
        const toFailed = (stepId) => {
            focusStep(stepId || false);
            this.scroll.follow(this.props.isActive || Boolean(stepId));
        };
        useEffect(toFailed, () => [this.props.failedStepId]);
        useEffect(
            (stepId) => this.applyFilter({ stepId }),
            () => [this.focus.stepId],
        );
        onWillUnmount(() => focusStep(false));
    }

    // ----- lines -----

    onEvents(events, isMore) {
        const added = this.store.append(events);
        this.state.lineCount = this.store.lines.length;
        this.state.isLoading = isMore;
        if (!this.scroll.state.isFollowing) {
            this.state.missed += added;
        }
        this.scroll.refresh();
    }

    onFollow() {
        this.state.missed = 0;
    }

    applyFilter(filter) {
        this.store.setFilter(filter);
        this.state.hit = this.store.hits.length ? 0 : -1;
        this.scroll.refresh();
    }

    setLevel(level) {
        this.state.level = level;
        this.applyFilter({ level });
    }

    setStep(stepId) {
        focusStep(stepId);
    }

    get levelLabel() {
        return this.levels.find(([level]) => level === this.state.level)[1];
    }

    get stepLabel() {
        return (
            this.props.steps.find((step) => step.id === this.focus.stepId)?.label || _t("All steps")
        );
    }

    get emptyText() {
        if (this.state.isLoading) {
            return _t("Loading the log…");
        }
        if (this.state.lineCount) {
            return _t("No line passes the filter. Choose another step or level.");
        }
        return this.props.isActive
            ? _t("Nothing said yet. Lines appear here as soon as the first step speaks.")
            : _t("This run said nothing.");
    }

    timeOf(row) {
        return row.isFirst && row.line.isFirst
            ? DateTime.fromISO(row.line.at).toFormat("HH:mm:ss")
            : "";
    }

    markOf(row) {
        return row.isFirst && row.line.isFirst ? MARKS[row.line.level] : undefined;
    }

    classesOf(segment) {
        return segment.isHit
            ? `o_ops_log_hit ${classesOf(segment.style)}`
            : classesOf(segment.style);
    }

    styleOf(segment) {
        return styleOf(segment.style);
    }

    /** Times are on by default where there is room for them. */
    wantsTimes() {
        const wish = browser.localStorage.getItem("ipai_ops.log_times");
        return wish ? wish === "1" : !this.env.isSmall;
    }

    toggleTimes() {
        this.state.hasTimes = !this.state.hasTimes;
        browser.localStorage.setItem("ipai_ops.log_times", this.state.hasTimes ? "1" : "0");
        this.scroll.measureSoon();
    }

    // ----- search -----

    search(term) {
        this.state.term = term;
        this.store.search(term);
        this.state.hit = -1;
        this.step(1);
        this.scroll.refresh();
    }

    /** Go to the next (1) or previous (-1) hit, round the end. */
    step(direction) {
        const { hits } = this.store;
        if (!hits.length) {
            return;
        }
        const from = this.state.hit < 0 && direction < 0 ? 0 : this.state.hit;
        this.state.hit = (from + direction + hits.length) % hits.length;
        this.scroll.showRow(this.store.firstRow[hits[this.state.hit]]);
    }

    get hitPlace() {
        return this.store.hits[this.state.hit];
    }

    get hitText() {
        return _t("%(hit)s of %(count)s", {
            hit: (this.state.hit + 1).toLocaleString(),
            count: this.store.hits.length.toLocaleString(),
        });
    }

    onSearchKeydown(ev) {
        if (ev.key === "Enter") {
            ev.preventDefault();
            this.step(ev.shiftKey ? -1 : 1);
        } else if (ev.key === "Escape") {
            ev.stopPropagation();
            ev.target.value = "";
            this.search("");
            this.body.el.focus();
        }
    }

    onWindowKeydown(ev) {
        const isTyping = ev.target.closest?.("input, textarea, [contenteditable]");
        if (ev.key === "/" && !isTyping && !ev.ctrlKey && !ev.altKey && !ev.metaKey) {
            ev.preventDefault();
            this.searchInput.el.focus();
        }
    }

    // ----- copy -----

    /** Lines broken over several rows are copied as the lines they are. */
    onCopy(ev) {
        const selection = document.getSelection();
        const range = selection.rangeCount && selection.getRangeAt(0);
        const [from, to] = [range?.startContainer, range?.endContainer].map(placeOfNode);
        if (Number.isInteger(from) && Number.isInteger(to) && from !== to) {
            ev.clipboardData.setData("text/plain", this.store.text(from, to));
            ev.preventDefault();
        }
    }

    get rowHeight() {
        return ROW_HEIGHT;
    }
}

function placeOfNode(node) {
    const element = node?.nodeType === Node.TEXT_NODE ? node.parentElement : node;
    const row = element?.closest(".o_ops_log_row");
    return row ? Number(row.dataset.place) : undefined;
}
