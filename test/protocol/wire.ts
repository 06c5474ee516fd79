import { parseDelivery, type WireDelivery } from "../../src/protocol/federation-wire.ts";
import type { FullAddress, RealmName } from "../../src/protocol/names.ts";

/** Names in the bodies between realms. */
export const time = "2026-11-23T10:00:00.000Z";
export const surabaya = "surabaya" as RealmName;
export const jakarta = "jakarta" as RealmName;
export const budi = "budi@surabaya" as FullAddress;
export const ani = "ani@jakarta" as FullAddress;
export const tim = "tim@jakarta" as FullAddress;

export function bytesOf(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** A valid delivery; null for one that is refused, as every other parser answers it. */
export function deliveryOf(bytes: Uint8Array): WireDelivery | null {
  const parsed = parseDelivery(bytes);
  return "error" in parsed ? null : parsed;
}
