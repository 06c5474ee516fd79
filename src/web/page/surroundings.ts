import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Settings } from "./settings.ts";
import type { Say } from "./texts.ts";

/** What every part of the page has at hand. */
export interface PageSurroundings {
  settings: Settings;
  choose(settings: Settings): void;
  say: Say;
  /** Puts a line on the clipboard, and shows it. */
  copy(line: string): void;
}

const context = createContext<PageSurroundings | null>(null);
export const Surroundings = context.Provider;

export function useSurroundings(): PageSurroundings {
  const value = useContext(context);
  if (!value) throw new Error("outside of the page");
  return value;
}
