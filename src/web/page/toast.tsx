import { useEffect, useState } from "preact/hooks";
import { Icon } from "./icons.tsx";
import { useSurroundings } from "./surroundings.ts";

const shownMs = 8_000;

/** Shows the line that was put on the clipboard: the page teaches what can be typed in its place. */
export function Toast({ line, onClose }: { line: { text: string } | null; onClose(): void }) {
  const { say } = useSurroundings();
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!line) return;
    setCopied(false);
    // Without https there is no clipboard; the line can be copied by hand.
    Promise.resolve(navigator.clipboard?.writeText(line.text))
      .then(() => setCopied(navigator.clipboard !== undefined))
      .catch(() => {});
    const timer = setTimeout(onClose, shownMs);
    return () => clearTimeout(timer);
  }, [line]);
  return (
    <div class="toast-place" role="status">
      {line && (
        <div class="toast">
          <p>{say(isCopied ? "copied" : "copy-by-hand")}</p>
          <code>{line.text.length > 2_000 ? `${line.text.slice(0, 2_000)}…` : line.text}</code>
          <button type="button" class="quiet" aria-label={say("close")} onClick={onClose}>
            <Icon name="close" />
          </button>
        </div>
      )}
    </div>
  );
}
