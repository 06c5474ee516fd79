import { createHmac } from "node:crypto";
import { limits } from "../limits.ts";
import type { RealmName } from "../protocol/names.ts";
import type { Answer, Failure } from "../protocol/replies.ts";
import type { NameAndPassword } from "../shard-api/caller.ts";
import { BoundedCache } from "../storage/bounded-cache.ts";

/**
 * Calls a shard with name and password. A password that the shard has accepted before costs it no hash. Any other is charged to the
 * client's rate of logins first, as `auth` is. What is remembered here saves that charge and nothing else: the shard decides.
 */
export async function callWithPassword<Result extends Answer | ReadableStream<Uint8Array>>(
  realm: RealmName,
  login: NameAndPassword,
  admitLogin: () => Promise<Failure | null>,
  call: (login: NameAndPassword) => Promise<Result | Failure>,
): Promise<Result | Failure> {
  const digest = digestOf(realm, login);
  const refused = accepted.get(digest) ? null : await admitLogin();
  if (refused) return refused;
  const result = await call(login);
  if (!("error" in result)) accepted.set(digest, true);
  else if (result.error === "wrong-credentials") accepted.delete(digest);
  return result;
}

const accepted = new BoundedCache<string, true>(limits.rememberedPasswordsMax);

/** Made at the first use: Workers have no random values before their first request. */
let key: Uint8Array | null = null;

/** A name has no colon, and a realm no slash. */
function digestOf(realm: RealmName, { account, password }: NameAndPassword): string {
  key ??= crypto.getRandomValues(new Uint8Array(32));
  return createHmac("sha256", key).update(`${realm}/${account}:${password}`).digest("base64");
}
