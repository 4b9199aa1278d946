import { browser } from "@web/core/browser/browser";

import { onMounted, onPatched, onWillUnmount, useState } from "@odoo/owl";

export const ROW_HEIGHT = 20;
const OVERSCAN = 10;
const FEWEST_COLUMNS = 16;

/**
 * Which rows of a log are in sight, and whether the end is followed.
 *
 * Scrolling up pauses; reaching the end, or the button, follows again.
 */
export function useLogScroll(body, store, { onFollow }) {
    const state = useState({ isFollowing: true, start: 0, rows: [], rowTotal: 0 });
    let lastTop = 0;
    let frame = null;
    let observer = null;

    function draw() {
        const el = body.el;
        if (!el) {
            return;
        }
        const height = el.clientHeight || 400;
        const top = Math.max(0, Math.min(el.scrollTop, store.rowTotal * ROW_HEIGHT - height));
        const first = state.isFollowing
            ? Math.max(0, store.rowTotal - Math.ceil(height / ROW_HEIGHT))
            : Math.floor(top / ROW_HEIGHT);
        const count = Math.ceil(height / ROW_HEIGHT);
        state.start = Math.max(0, first - OVERSCAN);
        state.rowTotal = store.rowTotal;
        state.rows = store.rows(state.start, first + count + OVERSCAN);
    }

    function refresh() {
        frame ??= browser.requestAnimationFrame(() => {
            frame = null;
            draw();
        });
    }

    function toEnd() {
        const el = body.el;
        if (el && state.isFollowing) {
            el.scrollTop = el.scrollHeight;
            lastTop = el.scrollTop;
        }
    }

    function onScroll() {
        const el = body.el;
        const isAtEnd = el.scrollTop + el.clientHeight >= el.scrollHeight - ROW_HEIGHT;
        if (isAtEnd) {
            follow(true);
        } else if (el.scrollTop < lastTop - 1) {
            state.isFollowing = false;
        }
        lastTop = el.scrollTop;
        refresh();
    }

    function follow(isFollowing) {
        state.isFollowing = isFollowing;
        if (isFollowing) {
            onFollow();
            toEnd();
        }
        refresh();
    }

    function showRow(row) {
        const el = body.el;
        state.isFollowing = false;
        const top = row * ROW_HEIGHT;
        if (top < el.scrollTop || top + ROW_HEIGHT > el.scrollTop + el.clientHeight) {
            el.scrollTop = Math.max(0, top - el.clientHeight / 3);
        }
        lastTop = el.scrollTop;
        refresh();
    }

    function measure() {
        const probe = body.el?.querySelector(".o_ops_log_probe");
        const text = body.el?.querySelector(".o_ops_log_ruler");
        if (!probe?.offsetWidth || !text?.clientWidth) {
            return;
        }
        const characterWidth = probe.getBoundingClientRect().width / probe.textContent.length;
        const columns = Math.floor(text.clientWidth / characterWidth);
        store.setColumns(Math.max(FEWEST_COLUMNS, columns));
        draw();
    }

    onMounted(() => {
        observer = new ResizeObserver(() => browser.requestAnimationFrame(measure));
        observer.observe(body.el);
        measure();
    });
    onPatched(toEnd);
    onWillUnmount(() => {
        observer?.disconnect();
        browser.cancelAnimationFrame(frame);
    });
    return {
        state,
        draw,
        follow,
        measureSoon: () => browser.requestAnimationFrame(measure),
        onScroll,
        refresh,
        showRow,
    };
}
