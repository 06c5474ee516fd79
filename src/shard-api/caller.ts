import type { FullAddress, Name } from "../protocol/names.ts";

/** Who gives a command: an account of this shard. */
export interface Caller {
  /** The account's number in its shard, which is also its mailbox's. */
  accountId: number;
  name: Name;
  address: FullAddress;
}

/** Who sends a request by HTTP Basic, instead of a token. */
export interface NameAndPassword {
  account: Name;
  password: string;
}

/** A session as its token names it. Whether it is open, only the account's shard knows. */
export interface SessionRef {
  account: Name;
  /** SHA-256 of the token, in hex. The token itself never reaches a shard. */
  tokenDigest: string;
}
