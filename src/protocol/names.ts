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
const reserved = [systemName, "system", "operator", "admin", "ranah"];
const reservedSkeletons: ReadonlySet<string> = new Set(reserved.map(skeletonOf));

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

/** Whether a name is one of the system, or could be taken for one: `s1stem`, `admin-`, `0perator`, `ranah2`. */
export function isReserved(name: Name): boolean {
  return reservedSkeletons.has(skeletonOf(name)) || reservedSkeletons.has(skeletonOf(name.replace(/[\d._-]+$/, "")));
}

/**
 * What a reader sees of a name at a glance: without dots, hyphens and underscores, with the letters that digits and pairs look like
 * (after the skeletons of Unicode Technical Standard 39, section 4, over the characters that names have).
 */
function skeletonOf(name: string): string {
  return name
    .replace(/[._-]/g, "")
    .replace(/[0-9]/g, (digit) => "oizeasgtbg"[Number(digit)] ?? digit)
    .replaceAll("rn", "m")
    .replaceAll("vv", "w")
    .replace(/[lj]/g, "i");
}

export function fullAddress(name: Name, realm: RealmName): FullAddress {
  return `${name}@${realm}` as FullAddress;
}

/** Splits a full address, which always has both parts. */
export function splitAddress(address: FullAddress): { name: Name; realm: RealmName } {
  const at = address.indexOf("@");
  return { name: address.slice(0, at) as Name, realm: address.slice(at + 1) as RealmName };
}
