import type { LiveEvent } from "../protocol/events.ts";
import { toJson } from "../protocol/json.ts";
import { utf8Length } from "../protocol/utf8-length.ts";

/** A text frame to a client. Its length is counted once, however many sockets get it. */
export interface Frame {
  text: string;
  /** In UTF-8, as it is sent. */
  bytes: number;
}

export function frameOf(text: string): Frame {
  return { text, bytes: utf8Length(text) };
}

export function eventFrame(event: LiveEvent): Frame {
  return frameOf(toJson(event));
}
