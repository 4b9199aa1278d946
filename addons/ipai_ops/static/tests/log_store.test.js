import { describe, expect, test } from "@odoo/hoot";

import { LogStore, toLines } from "@ipai_ops/log/log_store";
import { breaks, expandTabs, rowCount } from "@ipai_ops/log/text_width";

describe.current.tags("headless");

let nextId = 1;

function event(message, values = {}) {
    const at = "2026-01-31T10:00:00.000Z";
    return { id: nextId++, step_id: 1, at, level: "info", message, ...values };
}

function storeOf(...events) {
    const store = new LogStore();
    store.append(events);
    return store;
}

function texts(store, start = 0, end = 100) {
    return store
        .rows(start, end)
        .map((row) => row.segments.map((segment) => segment.text).join(""));
}

test("events become lines in order, known ones are skipped", () => {
    const first = event("one");
    const store = storeOf(first, event("two"));
    expect(store.append([first, event("three")])).toBe(1);
    expect(texts(store)).toEqual(["one", "two", "three"]);
});

test("a traceback is one event of several lines", () => {
    const store = storeOf(event("Traceback:\n  File x\nValueError\n", { level: "error" }));
    expect(texts(store)).toEqual(["Traceback:", "  File x", "ValueError"]);
    expect(store.rows(0, 3).map((row) => row.line.isFirst)).toEqual([true, false, false]);
});

test("a colour goes on over the lines of its event, not into the next event", () => {
    const store = storeOf(event("\x1b[31ma\nb"), event("c"));
    const looks = store.rows(0, 3).map((row) => row.segments[0].style.fg);
    expect(looks).toEqual(["red", "red", undefined]);
});

test("of a line that overwrites itself the last state counts", () => {
    expect(toLines("10 %\r50 %\r100 %\r\ndone")).toEqual(["100 %", "done"]);
    expect(toLines(false)).toEqual([""]);
});

test("long lines break by columns, colours and all", () => {
    const store = storeOf(event("abcde\x1b[31mfghij"), event("x"));
    store.setColumns(4);
    expect(texts(store)).toEqual(["abcd", "efgh", "ij", "x"]);
    expect(store.rowTotal).toBe(4);
    expect(store.rows(1, 2)[0].segments.map((segment) => segment.text)).toEqual(["e", "fgh"]);
    expect(store.rows(0, 4).map((row) => row.isFirst)).toEqual([true, false, false, true]);
});

test("wide characters take two columns, marks none", () => {
    expect(breaks("漢字仮名", 4)).toEqual([0, 2]);
    expect(rowCount("e\u0301e\u0301", 2)).toBe(1);
    expect(rowCount("", 10)).toBe(1);
    expect(rowCount("🚀🚀", 3)).toBe(2);
});

test("tabs become spaces up to the next stop", () => {
    expect(expandTabs("a\tb\tc")).toBe("a       b       c");
});

test("the level filter keeps what is at least as bad", () => {
    const store = storeOf(
        event("d", { level: "debug" }),
        event("i"),
        event("w", { level: "warning" }),
        event("e", { level: "error" }),
    );
    store.setFilter({ level: "warning" });
    expect(texts(store)).toEqual(["w", "e"]);
    store.append([event("more"), event("worse", { level: "error" })]);
    expect(texts(store)).toEqual(["w", "e", "worse"]);
    store.setFilter({ level: "debug" });
    expect(store.rowTotal).toBe(6);
});

test("the step filter shows one step alone", () => {
    const store = storeOf(event("a"), event("b", { step_id: 2 }), event("c", { step_id: false }));
    store.setFilter({ stepId: 2 });
    expect(texts(store)).toEqual(["b"]);
    store.setFilter({ stepId: false });
    expect(texts(store)).toEqual(["a", "b", "c"]);
});

test("search counts lines, ignores case and marks the hits", () => {
    const store = storeOf(event("Error here, error there"), event("fine"), event("no ERROR"));
    expect(store.search("error")).toBe(2);
    const [row] = store.rows(0, 1);
    expect(row.segments.filter((segment) => segment.isHit).map((segment) => segment.text)).toEqual([
        "Error",
        "error",
    ]);
    store.append([event("one more error")]);
    expect(store.hits).toEqual([0, 2, 3]);
    expect(store.search("")).toBe(0);
});

test("a search looks at what is shown only", () => {
    const store = storeOf(event("needle"), event("needle", { level: "error" }));
    store.setFilter({ level: "error" });
    expect(store.search("needle")).toBe(1);
    store.setFilter({ level: "debug" });
    expect(store.hits.length).toBe(2);
});

test("a search does not see colours", () => {
    const store = storeOf(event("\x1b[31mfo\x1b[0mo"));
    expect(store.search("foo")).toBe(1);
});

test("copied text is lines, not rows", () => {
    const store = storeOf(event("abcdefgh"), event("ij"));
    store.setColumns(3);
    expect(store.text(0, 1)).toBe("abcdefgh\nij");
});

test("any row is found at once, and only the asked ones are made", () => {
    const store = new LogStore();
    store.append(Array.from({ length: 100_000 }, (_, index) => event(`line ${index}`)));
    expect(store.rowTotal).toBe(100_000);
    expect(texts(store, 77_777, 77_779)).toEqual(["line 77777", "line 77778"]);
    expect(store.placeOfRow(99_999)).toBe(99_999);
    expect(store.rows(99_990, 100_050).length).toBe(10);
});
