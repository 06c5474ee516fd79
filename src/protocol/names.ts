import { limits } from "../limits.ts";

/**
 * Names, realms and addresses as branded types: only the parsers below make them from text, in lower case. Case folding is ASCII
 * only, because Unicode folding turns the Kelvin sign into the letter k.
 */
declare const brand: unique symbol;
/** `[a-z0-9][a-z0-9._-]{0,31}`: an account or a group. */
export type Name = string & { [brand]: "name" };
/** A realm: one or more host-name labels, such as `surabaya` or `chat.example`. */
export type RealmName = string & { [brand]: "realm" };
/** `name@realm`, always with the realm. */
export type FullAddress = string & { [brand]: "address" };
/** An address of a command line. Without a realm it names the realm of the request. */
export interface Address {
  name: Name;
  realm: RealmName | null;
}

/** The sender of notices. It cannot be registered. */
export const systemName = "sistem" as Name;
const reserved: ReadonlySet<string> = new Set([systemName, "system", "operator", "admin", "ranah"]);

const namePattern = new RegExp(`^[a-z0-9][a-z0-9._-]{0,${limits.nameMaxChars - 1}}$`);
const labelPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

function foldAscii(text: string): string {
  // Most names are in lower case already, and a test is much cheaper than a replacement.
  if (!/[A-Z]/.test(text)) return text;
  return text.replace(/[A-Z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 32));
}

export function parseName(text: string): Name | null {
  const folded = foldAscii(text);
  return namePattern.test(folded) ? (folded as Name) : null;
}

export function parseRealm(text: string): RealmName | null {
  const folded = foldAscii(text);
  if (folded.length > limits.realmMaxChars) return null;
  return folded.split(".").every((label) => labelPattern.test(label)) ? (folded as RealmName) : null;
}

export function parseAddress(text: string): Address | null {
  const at = text.indexOf("@");
  if (at < 0) {
    const name = parseName(text);
    return name && { name, realm: null };
  }
  const name = parseName(text.slice(0, at));
  const realm = parseRealm(text.slice(at + 1));
  return name && realm && { name, realm };
}

/** Whether an address is that of the system of another realm: only that realm itself can speak in its name. */
export function isSystemOfOther(address: FullAddress, realm: RealmName): boolean {
  const own = splitAddress(address);
  return own.name === systemName && own.realm !== realm;
}

export function isReserved(name: Name): boolean {
  return reserved.has(name);
}

export function fullAddress(name: Name, realm: RealmName): FullAddress {
  return `${name}@${realm}` as FullAddress;
}

/** Splits a full address, which always has both parts. */
export function splitAddress(address: FullAddress): { name: Name; realm: RealmName } {
  const at = address.indexOf("@");
  return { name: address.slice(0, at) as Name, realm: address.slice(at + 1) as RealmName };
}
