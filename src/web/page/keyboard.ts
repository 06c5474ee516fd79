/** Handlers by the name of the key, such as `Enter`. */
export type KeyBindings = Readonly<Record<string, (event: KeyboardEvent) => void>>;

/**
 * Makes a handler of `keydown`. Every key of the page comes through here, because a key that an input method takes to compose
 * or to accept a word must do nothing else.
 */
export function onKeys(bindings: KeyBindings): (event: KeyboardEvent) => void {
  return (event) => {
    if (!belongsToInputMethod(event)) bindings[event.key]?.(event);
  };
}

/** The key code of a key that an input method has processed (UI Events, section 7.3.1). */
const processedKeyCode = 229;
let isComposing = false;
let lastProcessedAt = -Infinity;
/** The default action of a key comes in the same turn as the key. */
const sameKeyMs = 50;

/**
 * Safari ends the composition before it reports the key that has ended it. That key is not `isComposing`, and only its key
 * code tells that the input method has processed it.
 */
function belongsToInputMethod(event: KeyboardEvent): boolean {
  return isComposing || event.isComposing || event.keyCode === processedKeyCode;
}

/** Whether the browser acts on a key that an input method has processed, such as Esc in a dialog. */
export function isInputMethodAction(event: Event): boolean {
  return isComposing || event.timeStamp - lastProcessedAt < sameKeyMs;
}

if (typeof document !== "undefined") {
  const capture = { capture: true };
  document.addEventListener("compositionstart", () => (isComposing = true), capture);
  document.addEventListener("compositionend", () => (isComposing = false), capture);
  // A field that disappears while it composes reports no end.
  document.addEventListener("focusin", () => (isComposing = false), capture);
  const remember = (event: KeyboardEvent) => {
    if (belongsToInputMethod(event)) lastProcessedAt = event.timeStamp;
  };
  document.addEventListener("keydown", remember, capture);
}
