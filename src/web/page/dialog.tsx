import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { CopiedCommandToast } from "./copied-command-toast.tsx";
import { Icon } from "./icons.tsx";
import { isInputMethodAction } from "./keyboard.ts";
import { usePageContext } from "./page-context.ts";

interface DialogProps {
  title: string;
  onClose(): void;
  children: ComponentChildren;
}

/** A modal dialog of the browser, which traps the focus, closes on Esc, and returns the focus afterwards. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const { t } = usePageContext();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby="dialog-title"
      onClose={onClose}
      onCancel={(event) => isInputMethodAction(event) && event.preventDefault()}
    >
      <div class="dialog-body">
        <header>
          <h2 id="dialog-title">{title}</h2>
          <button type="button" class="ghost" aria-label={t("close")} onClick={() => dialog.current?.close()}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
      <CopiedCommandToast />
    </dialog>
  );
}
