import { describe, expect, test } from "@odoo/hoot";

import { classesOf, parseAnsi, PLAIN, stripAnsi, styleOf } from "@ipai_ops/log/ansi";

describe.current.tags("headless");

const RED = { fg: "red" };

test("text without sequences is one plain segment", () => {
    expect(parseAnsi("hello").segments).toEqual([{ text: "hello", style: PLAIN }]);
    expect(parseAnsi("").segments).toEqual([]);
});

test("a colour lasts until it is reset", () => {
    expect(parseAnsi("a \x1b[31mred\x1b[0m b").segments).toEqual([
        { text: "a ", style: PLAIN },
        { text: "red", style: RED },
        { text: " b", style: PLAIN },
    ]);
    expect(parseAnsi("\x1b[31mx\x1b[m").style).toBe(PLAIN);
});

test("several codes come in one sequence, and end one by one", () => {
    const [both, bold] = parseAnsi("\x1b[1;32mboth\x1b[39mbold").segments;
    expect(both.style).toEqual({ bold: true, fg: "green" });
    expect(bold.style).toEqual({ bold: true });
});

test("bold, dim, italic, underline and inverse can be switched off", () => {
    const { style } = parseAnsi("\x1b[1;2;3;4;7m\x1b[22;23;24;27m");
    expect(style).toEqual({});
});

test("bright colours and backgrounds have names", () => {
    expect(parseAnsi("\x1b[94;41mx").segments[0].style).toEqual({ fg: "bright-blue", bg: "red" });
    expect(parseAnsi("\x1b[103mx").segments[0].style).toEqual({ bg: "bright-yellow" });
});

test("the palette's 256 colours are names, cube or grey", () => {
    const colour = (index) => parseAnsi(`\x1b[38;5;${index}mx`).segments[0].style.fg;
    expect(colour(1)).toBe("red");
    expect(colour(12)).toBe("bright-blue");
    expect(colour(196)).toBe("rgb(255, 0, 0)");
    expect(colour(232)).toBe("rgb(8, 8, 8)");
    expect(colour(999)).toBe(undefined);
});

test("24 bit colours are taken as they are, but never beyond 255", () => {
    const { style } = parseAnsi("\x1b[48;2;10;20;999m");
    expect(style).toEqual({ bg: "rgb(10, 20, 255)" });
    expect(styleOf(style)).toBe("background-color: rgb(10, 20, 255)");
});

test("a look goes on from an earlier line", () => {
    const { style } = parseAnsi("\x1b[31mfirst");
    expect(parseAnsi("second", style).segments).toEqual([{ text: "second", style: RED }]);
});

test("cursor moves, titles, links and bells leave nothing behind", () => {
    const noise = "\x1b[2K\x1b[1A\x1b]0;title\x07\x1b]8;;http://x\x1b\\\x07\x00ok\x1b(B";
    expect(stripAnsi(noise)).toBe("ok(B");
    expect(parseAnsi(noise).segments).toEqual([{ text: "ok(B", style: PLAIN }]);
});

test("an unfinished sequence does not swallow the line", () => {
    expect(stripAnsi("a\x1b")).toBe("a");
    expect(stripAnsi("a\x1b[3")).toBe("a[3");
});

test("looks become classes, numbers become inline colours", () => {
    expect(classesOf({ bold: true, fg: "red" })).toBe("o_ansi_bold o_ansi_fg-red");
    expect(classesOf({ fg: "rgb(1, 2, 3)" })).toBe("");
    expect(styleOf({ fg: "rgb(1, 2, 3)" })).toBe("color: rgb(1, 2, 3)");
    expect(styleOf(PLAIN)).toBe("");
});
