/** @file Where senders of orders put the accession number. */

/** The first that says something counts: IHE has it in IPC-1 (OMI) and OBR-18 (ORM); others in the order numbers. */
export const ACCESSION_FIELDS = ["IPC-1", "OBR-18", "OBR-3", "ORC-3", "OBR-2", "ORC-2"] as const;
export type AccessionField = (typeof ACCESSION_FIELDS)[number];
