import { expect, test, vi } from "vitest";
import { ConfigError } from "../../src/config/config.ts";
import { answerError } from "../../src/worker/error-handler.ts";
import type { WorkerDeps } from "../../src/worker/worker-deps.ts";

const misconfigured: WorkerDeps = {
  get config(): never {
    throw new ConfigError("configuration: REALM cannot be used as given");
  },
  get shards(): never {
    throw new ConfigError("configuration: REALM cannot be used as given");
  },
  admitLogin: async () => null,
  clientOf: () => null,
  openSocket: () => Promise.reject(new Error("opens no socket")),
};
const request = new Request("https://surabaya.example/command", { method: "POST" });

test.for([
  ["an invalid configuration", new ConfigError("configuration: REALM cannot be used as given"), 503, "misconfigured"],
  ["a bug beside an invalid configuration", new TypeError("a bug"), 500, "internal"],
] as const)("%s is answered and logged", ([, error, status, code]) => {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  const response = answerError(error, request, misconfigured);
  expect([response.status, response.headers.get("error-code")]).toEqual([status, code]);
  expect(log).toHaveBeenCalledOnce();
  expect(log.mock.calls[0]?.[0]).toMatchObject({ error: expect.stringContaining(error.message) });
  log.mockRestore();
});
