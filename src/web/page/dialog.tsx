import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useSurroundings } from "./browser-api.ts";
import { Icon } from "./icons.tsx";
import { Toast } from "./toast.tsx";

interface Props {
  title: string;
  onClose(): void;
  children: ComponentChildren;
}

/** The browser's own modal dialog: it keeps the focus inside, Esc closes it, and the focus goes back to where it was. */
export function Dialog({ title, onClose, children }: Props) {
  const { say } = useSurroundings();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby="dialog-title" onClose={onClose}>
      <div class="dialog-body">
        <header>
          <h2 id="dialog-title">{title}</h2>
          <button type="button" class="quiet" aria-label={say("close")} onClick={() => dialog.current?.close()}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
      <Toast />
    </dialog>
  );
}
