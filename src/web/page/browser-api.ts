import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Settings } from "./settings.ts";
import type { Say } from "./ui-texts.ts";

/** A line that is shown, and whether it is on the clipboard: without https there is none, and it can be copied by hand. */
export interface Copied {
  line: string;
  isDone: boolean;
}

/** What every part of the page has at hand. */
export interface PageSurroundings {
  settings: Settings;
  choose(settings: Settings): void;
  say: Say;
  /** Puts a line on the clipboard, and shows it for a while; null: it is shown no more. */
  copy(line: string | null): void;
  copied: Copied | null;
}

const context = createContext<PageSurroundings | null>(null);
export const Surroundings = context.Provider;

export function useSurroundings(): PageSurroundings {
  const value = useContext(context);
  if (!value) throw new Error("outside of the page");
  return value;
}
