/** Checks a value from outside the page: parsed JSON, or what the browser has stored. */
export type Guard<T> = (value: unknown) => value is T;

export const isString: Guard<string> = (value) => typeof value === "string";
export const isNumber: Guard<number> = (value) => typeof value === "number";

export function oneOf<T extends string>(...values: readonly T[]): Guard<T> {
  return (value): value is T => values.some((each) => each === value);
}

export function nullable<T>(guard: Guard<T>): Guard<T | null> {
  return (value): value is T | null => value === null || guard(value);
}

export function optional<T>(guard: Guard<T>): Guard<T | undefined> {
  return (value): value is T | undefined => value === undefined || guard(value);
}

export function arrayOf<T>(guard: Guard<T>): Guard<T[]> {
  return (value): value is T[] => Array.isArray(value) && value.every(guard);
}

type FieldGuards<T> = { [K in keyof T]-?: Guard<Pick<T, K>[K]> };

/** An object with these members; members that `guards` does not name are accepted, since a newer server may add some. */
export function shape<T extends object>(guards: FieldGuards<T>): Guard<T> {
  const fields = Object.entries<Guard<unknown>>(guards);
  return (value): value is T => isRecord(value) && fields.every(([name, guard]) => guard(value[name]));
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** @returns null if the text is not JSON */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
