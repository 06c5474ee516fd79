import { type Config, ConfigError, parseConfig } from "../config/config.ts";
import type { Bindings } from "./bindings.ts";

/** The configuration is parsed once for each isolate, because its bindings do not change. */
const parsed = new WeakMap<Bindings, Config | ConfigError>();

/** The parsed configuration of the bindings. @throws ConfigError */
export function configOf(bindings: Bindings): Config {
  let config = parsed.get(bindings);
  if (!config) {
    config = parse(bindings);
    parsed.set(bindings, config);
  }
  if (config instanceof ConfigError) throw config;
  return config;
}

function parse(bindings: Bindings): Config | ConfigError {
  try {
    return parseConfig(bindings);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}
