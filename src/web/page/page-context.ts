import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Settings } from "./settings.ts";
import type { Translate } from "./ui-texts.ts";

/** A command that the page shows after the user has copied it. */
export interface CopiedCommand {
  command: string;
  /** False without https, where a page cannot write the clipboard; the user copies the shown command by hand. */
  isOnClipboard: boolean;
}

/** What every component can use. */
export interface PageContext {
  settings: Settings;
  /** The day and the time zone; see `calendarNow`. Components that show times are rendered again when it changes. */
  calendar: string;
  changeSettings(settings: Settings): void;
  t: Translate;
  /** Writes a command to the clipboard and shows it for a while; null hides it. */
  copy(command: string | null): void;
  copied: CopiedCommand | null;
}

const preactContext = createContext<PageContext | null>(null);
export const PageContextProvider = preactContext.Provider;

export function usePageContext(): PageContext {
  const value = useContext(preactContext);
  if (!value) throw new Error("There is no PageContextProvider around this component.");
  return value;
}
