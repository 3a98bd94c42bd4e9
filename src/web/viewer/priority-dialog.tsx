/**
 * @file A reader's own priority, in the place of the order's; a finding still lifts the study above it.
 */
import { useState } from "react";

import { TIERS, type Tier, type WorklistItem } from "../../domain/worklist.ts";
import { Dialog } from "../parts/dialog.tsx";
import { givePriority } from "../state/actions.ts";
import { TIER_WORDS } from "../words.ts";

const LONGEST_REASON = 200;

interface PriorityDialogProps {
  readonly item: WorklistItem;
  readonly onClose: () => void;
}

export function PriorityDialog({ item, onClose }: PriorityDialogProps) {
  const { override, studyInstanceUid: uid } = item;
  const [tier, setTier] = useState<Tier>(override?.tier ?? "stat");
  const [reason, setReason] = useState(override?.reason ?? "");
  const give = (next: Tier | null): void => {
    void givePriority(uid, next, reason.trim());
    onClose();
  };
  return (
    <Dialog title="Priority" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (reason.trim() !== "") give(tier);
        }}
      >
        <p>
          It takes the place of the order’s. A suspected hemorrhage still goes first: disagree with it
          instead.
        </p>
        <label className="field">
          <span>Tier</span>
          <select value={tier} autoFocus onChange={(event) => setTier(event.target.value as Tier)}>
            {TIERS.map((each) => (
              <option key={each} value={each}>
                {TIER_WORDS[each]}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span>Reason</span>
          <input
            value={reason}
            maxLength={LONGEST_REASON}
            onChange={(event) => setReason(event.target.value)}
          />
        </label>
        <div className="dialog-actions">
          {override && (
            <button type="button" onClick={() => give(null)}>
              As ordered
            </button>
          )}
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="primary" disabled={reason.trim() === ""}>
            Set
          </button>
        </div>
      </form>
    </Dialog>
  );
}
