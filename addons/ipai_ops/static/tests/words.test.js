import { describe, expect, test } from "@odoo/hoot";
import { patchTranslations } from "@web/../tests/web_test_helpers";
import { registry } from "@web/core/registry";

import { formatClock, formatSeconds } from "@ipai_ops/status/seconds";
import { formatBytes } from "@ipai_ops/status/small_fields";
import { lookOf } from "@ipai_ops/status/status";

describe.current.tags("headless");

test("seconds are said as shortly as they can be", () => {
    patchTranslations();
    expect(String(formatSeconds(0.34))).toBe("0.3 s");
    expect(String(formatSeconds(41.4))).toBe("41 s");
    expect(formatSeconds(185)).toBe("3 min 5 s");
    expect(String(formatSeconds(180))).toBe("3 min");
    expect(formatSeconds(7800)).toBe("2 h 10 min");
});

test("a clock counts minutes, then hours", () => {
    expect(formatClock(41)).toBe("00:41");
    expect(formatClock(723)).toBe("12:03");
    expect(formatClock(3723)).toBe("1:02:03");
    expect(formatClock(-3)).toBe("00:00");
});

test("what stands below a list is written as its rows are", () => {
    patchTranslations();
    const formatters = registry.category("formatters");
    expect(String(formatters.get("ops_seconds")(49))).toBe("49 s");
    expect(formatters.get("ops_bytes")(2.4e9)).toBe("2.2 GB");
    expect(formatters.get("ops_seconds")(false)).toBe("");
});

test("bytes keep the number short", () => {
    expect(formatBytes(900)).toBe("900 B");
    expect(formatBytes(2.4e9)).toBe("2.2 GB");
    expect(formatBytes(431e6)).toBe("411 MB");
});

test("every state has a colour and an icon; an unknown one says so", () => {
    for (const state of ["up", "deploying", "failed", "asleep", "queued", "superseded"]) {
        expect(lookOf(state).icon).not.toInclude("question");
    }
    expect(lookOf("done").tone).toBe("green");
    expect(lookOf("running").tone).toBe("blue");
    expect(lookOf("queued").tone).toBe("amber");
    expect(lookOf("failed").tone).toBe("red");
    expect(lookOf("superseded").tone).toBe("grey");
    expect(lookOf("something new").icon).toInclude("question");
});
