import type { IncomingMessage } from "node:http";
import { type BodyShare, bodyBudget } from "../bodies/body-budget.ts";
import { refusalOf } from "../bodies/request-body.ts";
import type { Failure } from "../protocol/replies.ts";

/**
 * Reads the body of a plain command. Nearly every body arrives in one piece, and is never kept; only one that does not takes a
 * share of the memory for bodies. A client that breaks off gets no answer, and `done` is not called.
 *
 * @param length its Content-Length
 * @param clientOf the client that a share of the memory is charged to
 */
export function readCommandBody(
  incoming: IncomingMessage,
  length: number,
  clientOf: () => string | null,
  done: (body: Buffer | Failure) => void,
): void {
  let share: BodyShare | null = null;
  let parts: Buffer[] | null = [];
  let size = 0;
  incoming.on("data", (part: Buffer) => {
    parts?.push(part);
    size += part.length;
    if (share || size >= length) return;
    share = bodyBudget.open(clientOf());
    share.take(length);
    incoming.on("close", () => share?.release());
    void share.refused.then((reason) => {
      if (!parts) return;
      parts = null;
      done(refusalOf(reason));
    });
  });
  incoming.on("error", () => {});
  incoming.on("end", () => {
    if (!parts) return;
    const [only] = parts;
    const body = parts.length === 1 && only ? only : Buffer.concat(parts);
    parts = null;
    done(body);
  });
}
