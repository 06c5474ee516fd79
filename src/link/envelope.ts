import type { LogKind } from "../message/store.ts";
import type { FullAddress } from "../protocol/names.ts";

/** A message on its way to another object. */
export interface Envelope {
  /** Once per sender: the sender's key, or random. A second one is the same message. */
  uid: string;
  kind: LogKind;
  from: FullAddress;
  to: FullAddress;
  text: string;
  /** Milliseconds since 1970, when the sender's realm took it. */
  time: number;
}
