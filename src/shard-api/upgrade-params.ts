import type { Language } from "../protocol/texts.ts";
import type { SessionRef } from "./caller.ts";

/** What a client asks for when it opens a live socket. */
export interface UpgradeParams {
  session: SessionRef;
  /** The last message that the client has; null: it wants new messages only. */
  after: number | null;
  language: Language;
}
