/**
 * @file Asks who is reading.
 */
import { useState } from "react";

import { readerName, setReaderName } from "../state/reader.ts";
import { Dialog } from "./dialog.tsx";

/** As long as a Person Name component group may be (PS3.5, 64 characters). */
const LONGEST_NAME = 64;

export function NameDialog({ onClose }: { readonly onClose: (isGiven: boolean) => void }) {
  const [name, setName] = useState(readerName);
  return (
    <Dialog title="Who is reading?" onClose={() => onClose(false)}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() === "") return;
          setReaderName(name);
          onClose(true);
        }}
      >
        <p>Others see this name on the studies you claim, read or comment on. It is kept in this browser.</p>
        <label className="field">
          <span>Name</span>
          <input
            value={name}
            maxLength={LONGEST_NAME}
            autoComplete="name"
            autoFocus
            placeholder="Dr Weber"
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <div className="dialog-actions">
          <button type="button" onClick={() => onClose(false)}>
            Cancel
          </button>
          <button type="submit" className="primary" disabled={name.trim() === ""}>
            Continue
          </button>
        </div>
      </form>
    </Dialog>
  );
}
