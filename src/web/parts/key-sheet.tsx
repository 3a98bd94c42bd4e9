/**
 * @file Every key, on one sheet.
 */
import { PAGES } from "../state/route.ts";
import { Dialog } from "./dialog.tsx";

const SHEET: readonly { title: string; keys: readonly (readonly [string, string])[] }[] = [
  {
    title: "Worklist",
    keys: [
      ["↑ ↓ or J K", "Choose a study"],
      ["Enter", "Open it"],
      ["/", "Search"],
      ["1 … 5", "All, waiting, suspected, mine, read"],
    ],
  },
  {
    title: "Pages",
    keys: [
      ...PAGES.map(({ title, key }) => [`G ${key.toUpperCase()}`, title] as const),
      ["B", "Alerts to critical studies on or off"],
    ],
  },
  {
    title: "Notifications",
    keys: [
      ["↑ ↓ or J K", "Choose a channel or a message"],
      ["T", "Test the channel"],
      ["R", "Send again what was given up"],
      ["1 2 3", "All, waiting, given up"],
    ],
  },
  {
    title: "Dashboard and simulator",
    keys: [
      ["1 … 4", "A day, a week, a month, three"],
      ["T", "Waits by bleed, or by the AI's word"],
      ["I", "Interrupt an open case, or not"],
      ["R", "Reset the sliders"],
    ],
  },
  {
    title: "Study",
    keys: [
      ["C", "Claim"],
      ["X", "Release"],
      ["M", "Mark read, or reopen"],
      ["A D", "Agree, disagree with the finding"],
      ["T", "Set the priority, with a reason"],
      ["N P or J K", "Next, previous study"],
      ["Esc", "Back to the worklist"],
    ],
  },
  {
    title: "Slices",
    keys: [
      ["↑ ↓ or wheel", "Previous, next slice"],
      ["PgUp PgDn", "Ten slices back, on"],
      ["Home End", "First, last"],
      ["S", "The most suspicious slice"],
      ["1 2 3 4", "Brain, subdural, bone, model view"],
      ["H", "Heat map on or off"],
      ["O", "Heat map as an outline"],
      ["E", "Heat map by another method"],
      ["Right drag, or Shift drag", "Window"],
      ["Ctrl wheel, drag", "Zoom, pan"],
      ["R", "Reset the view"],
    ],
  },
];

export function KeySheet({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keyboard" isWide onClose={onClose}>
      <div className="key-sheet">
        {SHEET.map(({ title, keys }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {keys.map(([key, does]) => (
                <div key={key}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <div className="dialog-actions">
        <button type="button" className="primary" autoFocus onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
