/**
 * Colours of terminal tools (ECMA-48 SGR sequences) as plain segments.
 *
 * Everything that is not a colour (cursor moves, titles, other control characters) is dropped,
 * so that a log reads as the tool's author meant it and nothing can move out of its line.
 */

const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
const CUBE_LEVELS = [0, 95, 135, 175, 215, 255];
const SGR = /^\x1b\[([\d;:]*)m$/;
// CSI sequences, OSC strings (titles, links), other two-character escapes, lone control characters.
const CONTROL =
    /\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-Z\\-_]?|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]/g;
const HAS_CONTROL = /[\x00-\x08\x0b-\x1f\x7f]/;

export const PLAIN = Object.freeze({});

/**
 * Text without any control sequence: what a person searches and copies.
 *
 * @param {string} text
 * @returns {string}
 */
export function stripAnsi(text) {
    return HAS_CONTROL.test(text) ? text.replace(CONTROL, "") : text;
}

/**
 * Split text into runs of equal look.
 *
 * @param {string} text
 * @param {Object} [style] the look at the beginning, as returned by an earlier call
 * @returns {{ segments: { text: string, style: Object }[], style: Object }}
 */
export function parseAnsi(text, style = PLAIN) {
    if (!HAS_CONTROL.test(text)) {
        return { segments: text ? [{ text, style }] : [], style };
    }
    const segments = [];
    let from = 0;
    for (const match of text.matchAll(CONTROL)) {
        pushSegment(segments, text.slice(from, match.index), style);
        from = match.index + match[0].length;
        const sgr = SGR.exec(match[0]);
        style = sgr ? applySgr(style, sgr[1]) : style;
    }
    pushSegment(segments, text.slice(from), style);
    return { segments, style };
}

function pushSegment(segments, text, style) {
    const last = segments.at(-1);
    if (text && last?.style === style) {
        last.text += text;
    } else if (text) {
        segments.push({ text, style });
    }
}

function applySgr(style, parameters) {
    const codes = parameters.split(/[;:]/).map(Number);
    let next = { ...style };
    while (codes.length) {
        next = applyCode(next, codes.shift(), codes);
    }
    return Object.keys(next).length ? next : PLAIN;
}

const FLAGS = { 1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "inverse" };
const OFF = { 22: ["bold", "dim"], 23: ["italic"], 24: ["underline"], 27: ["inverse"] };

function applyCode(style, code, rest) {
    if (code === 0) {
        return {};
    }
    if (code in FLAGS) {
        return { ...style, [FLAGS[code]]: true };
    }
    if (code in OFF || code === 39 || code === 49) {
        return without(style, OFF[code] || [code === 39 ? "fg" : "bg"]);
    }
    if (code === 38 || code === 48) {
        return withColour(style, code === 38 ? "fg" : "bg", extendedColour(rest));
    }
    return withColour(style, isBackground(code) ? "bg" : "fg", namedColour(code));
}

function isBackground(code) {
    return (code >= 40 && code <= 47) || code >= 100;
}

function namedColour(code) {
    if ((code >= 30 && code <= 37) || (code >= 40 && code <= 47)) {
        return COLOURS[code % 10];
    }
    if ((code >= 90 && code <= 97) || (code >= 100 && code <= 107)) {
        return `bright-${COLOURS[code % 10]}`;
    }
    return undefined;
}

/** Read the rest of 38/48: `5;n` from the palette, `2;r;g;b` as it is. */
function extendedColour(rest) {
    const mode = rest.shift();
    if (mode === 5) {
        return paletteColour(rest.shift());
    }
    if (mode === 2) {
        const [red, green, blue] = rest.splice(0, 3).map((part) => Math.min(part || 0, 255));
        return `rgb(${red}, ${green || 0}, ${blue || 0})`;
    }
    return undefined;
}

function paletteColour(index) {
    if (!(index >= 0 && index <= 255)) {
        return undefined;
    }
    if (index < 16) {
        return (index > 7 ? "bright-" : "") + COLOURS[index % 8];
    }
    if (index >= 232) {
        const grey = 8 + (index - 232) * 10;
        return `rgb(${grey}, ${grey}, ${grey})`;
    }
    const cube = index - 16;
    const parts = [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6];
    return `rgb(${parts.map((part) => CUBE_LEVELS[part]).join(", ")})`;
}

function withColour(style, where, colour) {
    return colour ? { ...style, [where]: colour } : style;
}

function without(style, keys) {
    return Object.fromEntries(Object.entries(style).filter(([key]) => !keys.includes(key)));
}

/**
 * CSS classes of a look; colours by number have none, they are in `styleOf`.
 *
 * @param {Object} style
 * @returns {string}
 */
export function classesOf(style) {
    const names = Object.values(FLAGS).filter((flag) => style[flag]);
    for (const where of ["fg", "bg"]) {
        if (style[where] && !style[where].startsWith("rgb")) {
            names.push(`${where}-${style[where]}`);
        }
    }
    return names.map((name) => `o_ansi_${name}`).join(" ");
}

/**
 * Inline CSS of colours given by number.
 *
 * @param {Object} style
 * @returns {string}
 */
export function styleOf(style) {
    const rules = [];
    if (style.fg?.startsWith("rgb")) {
        rules.push(`color: ${style.fg}`);
    }
    if (style.bg?.startsWith("rgb")) {
        rules.push(`background-color: ${style.bg}`);
    }
    return rules.join("; ");
}
