import { describe, expect, test } from "@odoo/hoot";

import { sendPieces } from "@ipai_ops/upload/pieces";

describe.current.tags("headless");

const file = new File(["0123456789"], "a.zip");

function send(answers, offset = 0) {
    const offsets = [];
    const promise = sendPieces(file, { offset, piece_bytes: 4 }, {
        post: async (at) => {
            offsets.push(at);
            return answers.shift();
        },
        wait: async () => {},
        onProgress: () => {},
        isStopped: () => false,
    });
    return promise.then((end) => ({ end, offsets }));
}

test("a file goes piece by piece", async () => {
    const { end, offsets } = await send([
        { status: 200, received: 4, state: "uploading" },
        { status: 200, received: 8, state: "uploading" },
        { status: 200, received: 10, state: "ready" },
    ]);
    expect(offsets).toEqual([0, 4, 8]);
    expect(end.state).toBe("ready");
});

test("a broken upload goes on where the server says", async () => {
    const { offsets } = await send(
        [
            { status: 409, received: 4 },
            { status: 502 },
            { status: 200, received: 8, state: "uploading" },
            { status: 200, received: 10, state: "ready" },
        ],
        8
    );
    expect(offsets).toEqual([8, 4, 4, 8]);
});

test("a refusal is told as it is", async () => {
    await expect(send([{ status: 415, error: "No zip." }])).rejects.toThrow("No zip.");
});
