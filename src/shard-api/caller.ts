import type { Account } from "../accounts/account-store.ts";
import type { FullAddress } from "../protocol/names.ts";

/** Whoever acts: an account of this object. */
export interface Actor {
  account: Account;
  me: FullAddress;
}
