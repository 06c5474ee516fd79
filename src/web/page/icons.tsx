/** The icons of the page: strokes in a view box of 24 by 24, in the colour of the surrounding text. */
const paths = {
  back: "m15 5-7 7 7 7",
  close: "M6 6l12 12M18 6 6 18",
  down: "m6 9 6 6 6-6",
  failed: "M12 8v5M12 16.5v.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z",
  group:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20a6.5 6.5 0 0 1 13 0M16 4.5a3.5 3.5 0 0 1 0 6.5M18 14.5a6.5 6.5 0 0 1 3.5 5.5",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  new: "M12 5v14M5 12h14",
  send: "M4 12 20 4l-6 16-3-7-7-1Z",
  settings: "M4 7h10M18 7h2M4 17h2M10 17h10M16 4.5v5M8 14.5v5",
  sending: "M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z",
  queued: "M7 4h10M7 20h10M8 4c0 5 8 6.5 8 16M16 4c0 5-8 6.5-8 16",
  delivered: "m3 12.5 4.5 4.5L16 7M11.5 16l.800.8L21 7",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}

export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 64 64" aria-hidden="true" focusable="false">
      <path
        class="logo-bubble"
        d="M14 6h36a10 10 0 0 1 10 10v24a10 10 0 0 1-10 10H31L18.4 60.5A1.5 1.5 0 0 1 16 59.3V50h-2A10 10 0 0 1 4 40V16A10 10 0 0 1 14 6Z"
      />
      <path class="logo-prompt" d="m18 19 9.5 9L18 37M34 37h12" />
    </svg>
  );
}
