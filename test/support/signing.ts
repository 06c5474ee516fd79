import { createHash, type KeyObject, randomUUID, sign, verify } from "node:crypto";

/**
 * HTTP Message Signatures (RFC 9421) of federation requests, written from the RFC with node:crypto alone. It stands for an
 * independent implementation, and it can sign requests that a correct realm never sends.
 */
export interface SigningInput {
  method?: string;
  path: string;
  body: string;
  from: string;
  to: string;
  keyId: string;
  key: KeyObject;
  /** Seconds since 1970. */
  created?: number;
  /** Seconds since 1970. */
  expires?: number;
  nonce?: string;
  components?: string[];
}

export interface SignedRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

export const requiredComponents = ["@method", "@path", "content-digest", "ranah-origin", "ranah-destination"];

/** `sha-256=:…:` (RFC 9530, section 2). */
export const contentDigest = (body: string) => `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;

/** The signature base (RFC 9421, section 2.5). `parameters` follows `ranah=` in Signature-Input. */
export function signatureBase(request: SignedRequest, components: string[], parameters: string): string {
  const line = (component: string) => {
    if (component === "@method") return request.method;
    if (component === "@path") return request.path;
    return request.headers[component]?.trim();
  };
  const lines = components.map((component) => `"${component}": ${line(component)}`);
  return [...lines, `"@signature-params": ${parameters}`].join("\n");
}

export function signRequest(input: SigningInput): SignedRequest {
  const { method = "POST", path, body, from, to, keyId, key, components = requiredComponents } = input;
  const { created = Math.floor(Date.now() / 1000), nonce = randomUUID() } = input;
  const request: SignedRequest = {
    method,
    path,
    headers: {
      "content-type": "application/json",
      "content-digest": contentDigest(body),
      "ranah-origin": from,
      "ranah-destination": to,
    },
    body,
  };
  const covered = components.map((component) => `"${component}"`).join(" ");
  const until = input.expires === undefined ? "" : `;expires=${input.expires}`;
  const parameters = `(${covered});created=${created}${until};keyid="${keyId}";alg="ed25519";nonce="${nonce}";tag="ranah"`;
  const signature = sign(null, Buffer.from(signatureBase(request, components, parameters)), key).toString("base64");
  request.headers["signature-input"] = `ranah=${parameters}`;
  request.headers.signature = `ranah=:${signature}:`;
  return request;
}

/** Verifies the digest and the signature over the listed components, as an independent implementation does. */
export function isSignatureValid(request: SignedRequest, key: KeyObject): boolean {
  const parameters = /^ranah=(\(.*)$/.exec(request.headers["signature-input"] ?? "")?.[1] ?? "";
  const covered = /^\(([^)]*)\)/.exec(parameters)?.[1] ?? "";
  const components = [...covered.matchAll(/"([^"]+)"/g)].map(([, name]) => name ?? "");
  const signature = /^ranah=:([^:]+):$/.exec(request.headers.signature ?? "")?.[1] ?? "";
  if (request.headers["content-digest"] !== contentDigest(request.body)) return false;
  if (!requiredComponents.every((component) => components.includes(component))) return false;
  const base = Buffer.from(signatureBase(request, components, parameters));
  return verify(null, base, key, Buffer.from(signature, "base64"));
}
