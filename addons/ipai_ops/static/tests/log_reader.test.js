import { describe, expect, test } from "@odoo/hoot";

import { LogReader } from "@ipai_ops/log/log_reader";

describe.current.tags("headless");

/** A server with `total` events; each call is noted and waits for nothing. */
function serverOf(total) {
    const calls = [];
    const call = async (model, method, [, afterId, limit]) => {
        calls.push(afterId);
        const count = Math.min(limit, Math.max(0, total - afterId));
        const events = Array.from({ length: count }, (_, index) => ({ id: afterId + index + 1 }));
        return { events, last_id: afterId + count, state: "running" };
    };
    return { calls, grow: (more) => (total += more), orm: { silent: { call } } };
}

function readerOf(server) {
    const seen = [];
    const reader = new LogReader(server.orm, 7, {
        lastId: () => seen.at(-1)?.id || 0,
        onEvents: (events) => seen.push(...events),
    });
    return { reader, seen };
}

test("it reads batch after batch until nothing is left", async () => {
    const server = serverOf(4500);
    const { reader, seen } = readerOf(server);
    await reader.news();
    expect(server.calls).toEqual([0, 2000, 4000]);
    expect(seen.length).toBe(4500);
});

test("news during a read are read by it, never twice at once", async () => {
    const server = serverOf(10);
    const { reader, seen } = readerOf(server);
    const reading = reader.news();
    server.grow(5);
    reader.news();
    reader.news();
    await reading;
    expect(seen.length).toBe(15);
    expect(server.calls.length).toBe(2);
});

test("a stopped reader says nothing any more", async () => {
    const server = serverOf(10);
    const { reader, seen } = readerOf(server);
    const reading = reader.news();
    reader.stop();
    await reading;
    expect(seen).toEqual([]);
});

test("after a failed request the next news read again", async () => {
    const server = serverOf(3);
    const { call } = server.orm.silent;
    server.orm.silent.call = async () => {
        throw new Error("offline");
    };
    const { reader, seen } = readerOf(server);
    await expect(reader.news()).rejects.toThrow("offline");
    server.orm.silent.call = call;
    await reader.news();
    expect(seen.length).toBe(3);
});
