/**
 * @file The list's tabs and its search.
 */
import type { RefObject } from "react";

import { TABS } from "../state/filter.ts";
import type { Filter, Tab } from "../state/filter.ts";

const TAB_WORDS: Readonly<Record<Tab, string>> = {
  all: "All",
  waiting: "Waiting",
  flagged: "Suspected",
  mine: "Mine",
  read: "Read",
};

interface FiltersProps {
  readonly filter: Filter;
  readonly counts: Readonly<Record<Tab, number>>;
  readonly searchRef: RefObject<HTMLInputElement | null>;
  readonly onFilter: (filter: Filter) => void;
  /** Enter or Escape in the search: back to the rows. */
  readonly onLeave: () => void;
}

export function Filters({ filter, counts, searchRef, onFilter, onLeave }: FiltersProps) {
  return (
    <div className="filters">
      <div className="tabs" role="group" aria-label="Show">
        {TABS.map((tab) => (
          <button
            key={tab}
            type="button"
            aria-pressed={filter.tab === tab}
            onClick={() => onFilter({ ...filter, tab })}
          >
            {TAB_WORDS[tab]} <span className="count">{counts[tab]}</span>
          </button>
        ))}
      </div>
      <label className="search">
        <span className="visually-hidden">Search</span>
        <input
          ref={searchRef}
          type="search"
          value={filter.text}
          placeholder="Name, ID, accession, description"
          onChange={(event) => onFilter({ ...filter, text: event.target.value })}
          onKeyDown={(event) => {
            if (event.key === "Escape") onFilter({ ...filter, text: "" });
            if (event.key === "Enter" || event.key === "Escape") {
              event.preventDefault();
              onLeave();
            }
          }}
        />
        <kbd aria-hidden="true">/</kbd>
      </label>
    </div>
  );
}
