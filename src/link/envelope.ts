import type { LogKind } from "../message/store.ts";
import type { FullAddress } from "../protocol/names.ts";

/** A message on its way to another object. */
export interface Envelope {
  /** Random, made with the message. A second one of the same sender is the same message, come again. */
  uid: string;
  kind: LogKind;
  from: FullAddress;
  to: FullAddress;
  text: string;
  /** Milliseconds since 1970, when the sender's realm took it. */
  time: number;
}
