import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { classifyFetchError } from "../../src/federation/fetch-error.ts";
import { fetchFromPeer, type OutboundFetchDeps } from "../../src/federation/outbound-fetch.ts";
import type { Timer } from "../../src/storage/clock.ts";
import { FaultyServers } from "./faulty-servers.ts";

const servers = new FaultyServers();
const { http, failures } = await servers.start();
afterAll(() => servers.stop());

const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
const error = vi.spyOn(console, "error").mockImplementation(() => {});
beforeEach(() => {
  warn.mockClear();
  error.mockClear();
});

const timer: Timer = (done, ms) => {
  const timeout = setTimeout(done, ms);
  return () => clearTimeout(timeout);
};
const fetchUrl = (url: string, deps: Partial<OutboundFetchDeps> = {}, timeoutMs = 5_000) =>
  fetchFromPeer({ fetch, localPeers: true, timer, ...deps }, new Request(url), 1_000, timeoutMs);
const failing = (thrown: unknown) => ({ fetch: () => Promise.reject(thrown) });
const hidden = new Error("internal error; reference = ivr6ghu8ap5ks5jlo2q2dbon");

/** As Node throws it: a TypeError whose cause has a code. */
const nodeError = (code: string) => new TypeError("fetch failed", { cause: Object.assign(new Error("…"), { code }) });

test.for([
  ["ENOTFOUND", "dns-failed"],
  ["EAI_AGAIN", "dns-failed"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "tls-failed"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "tls-failed"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "tls-failed"],
  ["CERT_HAS_EXPIRED", "tls-failed"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "tls-failed"],
  ["ERR_SSL_WRONG_VERSION_NUMBER", "tls-failed"],
  ["EPROTO", "tls-failed"],
  ["ECONNREFUSED", "connection-failed"],
  ["ECONNRESET", "connection-failed"],
  ["EHOSTUNREACH", "connection-failed"],
  ["UND_ERR_SOCKET", "connection-failed"],
  ["UND_ERR_CONNECT_TIMEOUT", "timeout"],
  ["ETIMEDOUT", "timeout"],
  ["Z_DATA_ERROR", "invalid-answer"],
  ["ERR__ERROR_FORMAT_PADDING_1", "invalid-answer"],
  ["ZSTD_error_prefix_unknown", "invalid-answer"],
  ["EMFILE", null],
  ["ERR_INVALID_ARG_TYPE", null],
] as const)("on Node an error with the cause %s is %s", ([code, failure]) => {
  expect(classifyFetchError(nodeError(code))).toBe(failure);
});

test.for([
  [new Error("Network connection lost."), "connection-failed"],
  [hidden, "hidden"],
  [new TypeError("Gzip decompression failed."), "invalid-answer"],
  [new TypeError("Brotli compressed stream ended prematurely."), "invalid-answer"],
] as const)("on workerd the error %s is %s", ([thrown, failure]) => {
  expect(classifyFetchError(thrown)).toBe(failure);
});

test.for([
  new TypeError("Cannot read properties of undefined (reading 'foo')"),
  new TypeError("Cannot reconstruct a Request with a used body."),
  new TypeError("fetch failed", { cause: new Error("unknown scheme") }),
  "a text",
  undefined,
])("%s is a bug: it is logged with its stack, and is an internal error", async (thrown) => {
  expect(classifyFetchError(thrown)).toBeNull();
  const result = await fetchUrl("https://malang.example/federation/echo", failing(thrown));
  expect(result).toEqual({ ok: false, problem: "internal-error" });
  expect(error.mock.calls).toEqual([
    [
      expect.objectContaining({
        event: "peer-fetch-failed",
        host: "malang.example",
        path: "/federation/echo",
        problem: "internal-error",
        error: thrown instanceof Error ? expect.stringMatching(/\n +at /) : String(thrown),
      }),
    ],
  ]);
  expect(warn).not.toHaveBeenCalled();
});

test.for([
  ...failures,
  [`http://${http}/redirect`, "redirected"],
  [`https://${http}/`, "address-not-allowed"],
  ["http://10.0.0.1/", "address-not-allowed"],
] as const)("a request to %s fails with %s, which is logged", async ([url, problem]) => {
  expect(await fetchUrl(url)).toEqual({ ok: false, problem });
  const { host, pathname: path } = new URL(url);
  expect(warn.mock.calls).toEqual([[expect.objectContaining({ event: "peer-fetch-failed", host, path, problem })]]);
  expect(error).not.toHaveBeenCalled();
});

test("a name that is not resolved, and a server that speaks no TLS, fail with errors that are told apart", async () => {
  const errorOf = (url: string) => fetch(url).catch((thrown) => thrown);
  // RFC 6761, section 6.4: no name under `invalid` is ever resolved.
  expect(classifyFetchError(await errorOf("https://malang.invalid/"))).toBe("dns-failed");
  expect(classifyFetchError(await errorOf(`https://${http}/`))).toBe("tls-failed");
});

test("an answer that is late is a timeout, and an answer that is too large is not read", async () => {
  expect(await fetchUrl(`http://${http}/silent`, {}, 50)).toEqual({ ok: false, problem: "timeout" });
  const large = async () => new Response("x".repeat(1_001));
  expect(await fetchUrl("https://malang.example/", { fetch: large })).toEqual({
    ok: false,
    problem: "answer-too-large",
  });
});

describe("a hidden failure", () => {
  const url = "https://malang.example/";
  const problemOf = async (deps: Partial<OutboundFetchDeps>, timeoutMs?: number) => {
    const result = await fetchUrl(url, { ...failing(hidden), ...deps }, timeoutMs);
    return result.ok ? null : result.problem;
  };

  test("is of TLS where a plain connection can be opened, and of DNS where it cannot", async () => {
    const canConnect = vi.fn(async () => true);
    expect(await problemOf({ canConnect })).toBe("tls-failed");
    expect(canConnect).toHaveBeenCalledWith("malang.example", 443);
    expect(await problemOf({ canConnect: async () => false })).toBe("dns-failed");
  });

  test("stays undecided on a host that cannot find out, and its reference is logged", async () => {
    expect(await problemOf({})).toBe("dns-or-tls-failed");
    expect(warn.mock.calls).toEqual([[expect.objectContaining({ cause: String(hidden) })]]);
  });

  test.for([
    "http://malang.example/",
    "https://malang.example:8443/",
    "https://10.0.0.1/",
    "https://[::1]/",
    "https://malang.internal/",
    "https://malang/",
  ])("opens no connection at all to %s, which is not allowed", async (target) => {
    const fetch = vi.fn(() => Promise.reject(hidden));
    const canConnect = vi.fn(async () => true);
    const answer = await fetchUrl(target, { fetch, canConnect, localPeers: false });
    expect(answer).toEqual({ ok: false, problem: "address-not-allowed" });
    expect([fetch, canConnect].map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
  });

  test("is a timeout where the plain connection takes too long", async () => {
    expect(await problemOf({ canConnect: () => new Promise(() => {}) }, 50)).toBe("timeout");
  });
});

test("the timer is stopped when the answer has arrived", async () => {
  const stop = vi.fn();
  await fetchUrl("https://malang.example/", { fetch: async () => new Response("{}"), timer: () => stop });
  expect(stop).toHaveBeenCalledTimes(1);
});
