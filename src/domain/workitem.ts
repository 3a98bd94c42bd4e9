/**
 * @file Workitems (Unified Procedure Steps, PS3.4 Annex CC): their states.
 */

/** Procedure Step State (0074,1000). The last two are final. */
export const WORKITEM_STATES = ["SCHEDULED", "IN PROGRESS", "COMPLETED", "CANCELED"] as const;
export type WorkitemState = (typeof WORKITEM_STATES)[number];
