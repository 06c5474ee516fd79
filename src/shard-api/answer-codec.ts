import type { Answer, StreamReply } from "../protocol/replies.ts";

/**
 * An answer on its way from an object to a Worker. As text, since the runtime gives every object that RPC returns a disposer of
 * its own, and those fill the memory that is collected last: a sixth of a short command's time, and pauses for everybody. A
 * stream has to be let go of, and stays what it is.
 */
export type Packed = string | StreamReply;

/** What stands before the JSON of data, which need not be escaped then. No JSON text of an object begins with it. */
const dataMark = "=";

export function packed(answer: Answer): Packed {
  switch (answer.kind) {
    case "stream":
      return answer;
    case "data":
      return dataMark + answer.json;
    default:
      return JSON.stringify(answer);
  }
}

export function unpacked(packed: Packed): Answer {
  if (typeof packed !== "string") return packed;
  if (packed.startsWith(dataMark)) return { kind: "data", json: packed.slice(dataMark.length) };
  return JSON.parse(packed) as Answer;
}
