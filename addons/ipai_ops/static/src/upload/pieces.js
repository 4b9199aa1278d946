/**
 * Send a file in pieces, so that none has to be in memory and a break costs one piece.
 *
 * `post(offset, blob)` answers `{ status, received, state, error }`. A piece that does not get
 * through is tried again; 409 names the offset to go on from. Resolves to the last answer; rejects
 * with the server's sentence.
 */
export async function sendPieces(file, start, { post, wait, onProgress, isStopped }) {
    let offset = start.offset;
    let failures = 0;
    for (;;) {
        onProgress(offset / file.size);
        const answer = await attempt(() => post(offset, file.slice(offset, offset + start.piece_bytes)));
        if (isStopped()) {
            return { state: "stopped" };
        }
        if (answer.status === 200) {
            failures = 0;
            offset = answer.received;
            if (answer.state === "ready") {
                onProgress(1);
                return answer;
            }
        } else if (answer.status === 409 && failures < MOST_FAILURES) {
            failures++;
            offset = answer.received;
        } else if ((answer.status === 0 || answer.status >= 500) && failures < MOST_FAILURES) {
            failures++;
            await wait(failures * 1000);
        } else {
            throw new Error(answer.error || "");
        }
    }
}

const MOST_FAILURES = 8;

async function attempt(post) {
    try {
        return await post();
    } catch {
        return { status: 0 };
    }
}
