/**
 * @file What a UPS-RS request is refused with, and what it is warned of: the texts of PS3.18 chapter 11.
 */
import { HttpError } from "../errors.ts";

export const WARNING = {
  alreadyCanceled: "The UPS is already in the requested state of CANCELED.",
  alreadyCompleted: "The UPS is already in the requested state of COMPLETED.",
  isCompleted: "The UPS is already COMPLETED.",
  transactionMissing: "The Transaction UID is missing.",
  transactionIncorrect: "The Transaction UID is incorrect.",
  inconsistent: "The submitted request is inconsistent with the state of the UPS Instance.",
  notClaimed: "The target URI did not reference a claimed Workitem.",
  attributesIgnored: "Requested optional Attributes are not supported.",
  fuzzyIgnored: "The fuzzymatching parameter is not supported. Only literal matching has been performed.",
  tooMany:
    "The number of results exceeded the maximum supported by the server. Additional results can be requested.",
} as const;

export type WarningText = (typeof WARNING)[keyof typeof WARNING];

/** A refused request; `warning` goes into the Warning header, the message says more. */
export class UpsRefusal extends HttpError {
  readonly warning: WarningText;

  constructor(warning: WarningText, message: string = warning) {
    super(409, "conflict", message);
    this.name = "UpsRefusal";
    this.warning = warning;
  }
}
