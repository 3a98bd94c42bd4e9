/**
 * @file How the reader left the list and the viewer, kept while the page is open.
 */
import type { Filter } from "./filter.ts";

export interface Preferences {
  readonly filter: Filter;
  readonly overlay: "off" | "heat" | "outline";
  /** Of the overlay, 0…1. */
  readonly opacity: number;
  /** The method of the map; null for the model's own. */
  readonly method: string | null;
}

let preferences: Preferences = {
  filter: { tab: "all", text: "" },
  overlay: "heat",
  opacity: 0.4,
  method: null,
};

export const getPreferences = (): Preferences => preferences;

export function keepPreferences(change: Partial<Preferences>): void {
  preferences = { ...preferences, ...change };
}
